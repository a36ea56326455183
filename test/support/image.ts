import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled } from '#test/support/installed.ts'
import { REPOSITORY } from '#test/support/source.ts'

const execFileAsync = promisify(execFile)

/** What the first stage of the Dockerfile runs besides node and npm. */
const TOOLS = ['sh', 'chmod', 'cp', 'mkdir', 'printf', 'test', 'timeout', 'env']

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** What an image says about how it is run. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly WorkingDir: string
}

/** Why an image cannot be built here, or `false` when it can. */
export function withoutImages(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'images are built on Linux, by root'
  const missing = ['buildah', 'npm', 'ldd'].find(program => !isInstalled(program))
  if (missing !== undefined) return `${missing} is not installed`
  const ping = spawnSync('npm', ['ping'], { cwd: REPOSITORY, timeout: 15_000, stdio: 'ignore' })
  return ping.status === 0 ? false : 'the image needs packages, and no registry answers'
}

/**
 * The image of the Dockerfile, built over bases that hold the Node.js of the running process and programs of this machine, in
 * a storage of its own.
 */
export class TestImage {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nodens-image-'))

  /** Builds it, in about a minute; the output is in the error when it fails. */
  async build(): Promise<void> {
    const base = join(this.#directory, 'base')
    addProgram(base, process.execPath, 'node')
    mkdirSync(join(base, 'tmp'), { recursive: true, mode: 0o1777 })
    await this.#commit(base, 'scratch', 'base', [])
    const tools = join(this.#directory, 'tools')
    for (const tool of TOOLS)
      addProgram(tools, realpathSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim()), tool)
    addNpm(tools)
    await this.#commit(tools, 'base', 'build', [
      `npm_config_registry=${execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()}`,
      `npm_config_cafile=${CERTIFICATES}`,
      'npm_config_update_notifier=false',
    ])
    const bases = ['--build-arg', 'BASE=localhost/base', '--build-arg', 'BUILD=localhost/build']
    await this.#buildah('bud', '--isolation', 'chroot', '--network', 'host', ...bases, '-t', 'nodens', REPOSITORY)
  }

  /** Its files, mounted until `remove`. */
  async mount(): Promise<string> {
    const container = await this.#buildah('from', 'localhost/nodens')
    return this.#buildah('mount', container)
  }

  /** What the Dockerfile says last. */
  async config(): Promise<ImageConfig> {
    const { OCIv1 } = JSON.parse(await this.#buildah('inspect', '--type', 'image', 'localhost/nodens')) as {
      OCIv1: { config: ImageConfig }
    }
    return OCIv1.config
  }

  /** Takes it away, with its storage. */
  async remove(): Promise<void> {
    await this.#buildah('umount', '--all')
    await this.#buildah('rm', '--all')
    // The storage itself stays mounted, on itself.
    spawnSync('umount', [join(this.#directory, 'storage', 'overlay')])
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #commit(files: string, from: string, name: string, environment: readonly string[]): Promise<void> {
    const container = await this.#buildah('from', from === 'scratch' ? from : `localhost/${from}`)
    await this.#buildah('copy', '--quiet', container, files, '/')
    const env = ['PATH=/bin', ...environment].flatMap(each => ['--env', each])
    await this.#buildah('config', ...env, container)
    await this.#buildah('commit', '--quiet', '--rm', container, `localhost/${name}`)
    rmSync(files, { recursive: true })
  }

  async #buildah(...args: string[]): Promise<string> {
    const storage = ['--root', join(this.#directory, 'storage'), '--runroot', join(this.#directory, 'run')]
    const { stdout } = await execFileAsync('buildah', [...storage, '--storage-driver', 'overlay', ...args], {
      timeout: 240_000,
      maxBuffer: 64 << 20,
    })
    return stdout.trim()
  }
}

/** Copies a program to /bin of a tree, and the libraries that it loads to where it looks for them. */
function addProgram(tree: string, program: string, name: string): void {
  mkdirSync(join(tree, 'bin'), { recursive: true })
  copyFileSync(program, join(tree, 'bin', name))
  for (const [library] of execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\/\S+/g)) {
    mkdirSync(join(tree, dirname(library)), { recursive: true })
    copyFileSync(library, join(tree, library))
  }
}

function addNpm(tree: string): void {
  const cli = realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())
  cpSync(dirname(dirname(cli)), join(tree, 'lib/npm'), { recursive: true })
  writeFileSync(join(tree, 'bin/npm'), `#!/bin/sh\nexec node /lib/npm/bin/${basename(cli)} "$@"\n`, { mode: 0o755 })
  mkdirSync(join(tree, dirname(CERTIFICATES)), { recursive: true })
  copyFileSync(CERTIFICATES, join(tree, CERTIFICATES))
}
