import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { unpackDebianPackages } from '#test/support/debian-packages.ts'
import { ImageStorage } from '#test/support/image-storage.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** Of Debian, what `node` loads. */
const LIBRARIES = ['libstdc++6', 'libatomic1']

/** Of Debian, what the first stage of the Dockerfile runs besides node and npm. */
const TOOLS = ['dash', 'coreutils']

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** What an image says about how it is run. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly WorkingDir: string
}

/**
 * The image of the Dockerfile in a storage of its own. What it is built over is made of Debian packages, the Node.js of the
 * running process and the npm of this machine.
 */
export class TestImage {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nodens-image-'))
  readonly #storage = new ImageStorage()

  /** Builds it, in about a minute; the output is in the error when it fails. */
  async build(): Promise<void> {
    await this.#storage.commit('base', await this.#tree('base', LIBRARIES))
    const tools = await this.#tree('build', [...LIBRARIES, ...TOOLS])
    addNpm(tools)
    await this.#storage.commit('build', tools, [
      `npm_config_registry=${execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()}`,
      `npm_config_cafile=${CERTIFICATES}`,
      'npm_config_update_notifier=false',
    ])
    const bases = ['--build-arg', 'BASE=localhost/base', '--build-arg', 'BUILD=localhost/build']
    await this.#storage.build('nodens', ...bases, REPOSITORY)
  }

  /** Its files, mounted until `remove`. */
  mount(): Promise<string> {
    return this.#storage.mount('nodens')
  }

  /** What the Dockerfile says last. */
  async config(): Promise<ImageConfig> {
    const { OCIv1 } = JSON.parse(await this.#storage.buildah('inspect', '--type', 'image', 'localhost/nodens')) as {
      OCIv1: { config: ImageConfig }
    }
    return OCIv1.config
  }

  /** Takes it away, with its storage. */
  async remove(): Promise<void> {
    await this.#storage.remove()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** A tree with Node.js and what Debian packages hold. */
  async #tree(name: string, packages: readonly string[]): Promise<string> {
    const tree = join(this.#directory, name)
    await unpackDebianPackages(tree, packages)
    copyFileSync(process.execPath, join(tree, 'bin/node'))
    mkdirSync(join(tree, 'tmp'), { recursive: true, mode: 0o1777 })
    return tree
  }
}

function addNpm(tree: string): void {
  const cli = realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())
  cpSync(dirname(dirname(cli)), join(tree, 'lib/npm'), { recursive: true })
  writeFileSync(join(tree, 'bin/npm'), `#!/bin/sh\nexec node /lib/npm/bin/${basename(cli)} "$@"\n`, { mode: 0o755 })
  mkdirSync(join(tree, dirname(CERTIFICATES)), { recursive: true })
  copyFileSync(CERTIFICATES, join(tree, CERTIFICATES))
}
