import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

/** Images that buildah makes, in a place of their own; `remove` it after the test, whatever happened. */
export class ImageStorage {
  readonly #directory = mkdtempSync(join(tmpdir(), 'nodens-storage-'))
  readonly #driver = storageDriver()

  /** Makes an image of the files of a tree, which is gone afterwards. */
  async commit(name: string, files: string, environment: readonly string[] = []): Promise<void> {
    const container = await this.buildah('from', 'scratch')
    await this.buildah('copy', '--quiet', container, files, '/')
    const env = ['PATH=/usr/bin:/bin', ...environment].flatMap(each => ['--env', each])
    await this.buildah('config', ...env, container)
    await this.buildah('commit', '--quiet', '--rm', container, `localhost/${name}`)
    rmSync(files, { recursive: true })
  }

  /** Builds what a Dockerfile describes. */
  async build(name: string, ...args: string[]): Promise<void> {
    await this.buildah('bud', '--isolation', 'chroot', '--network', 'host', '-t', name, ...args)
  }

  /** The files of an image, mounted until `remove`. */
  async mount(name: string): Promise<string> {
    return this.buildah('mount', await this.buildah('from', `localhost/${name}`))
  }

  /** What buildah prints, within four minutes; its errors are in the error when it fails. */
  async buildah(...args: string[]): Promise<string> {
    const { stdout } = await execFileAsync('buildah', [...storageOptions(this.#directory, this.#driver), ...args], {
      timeout: 240_000,
      maxBuffer: 64 << 20,
    })
    return stdout.trim()
  }

  /** Takes all of it away. */
  async remove(): Promise<void> {
    try {
      await this.buildah('umount', '--all')
      await this.buildah('rm', '--all')
    } finally {
      removeStorage(this.#directory)
    }
  }
}

/** Overlays where this machine has them, else whole copies: a machine that is itself made of overlays may have no more of them. */
function storageDriver(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-storage-'))
  try {
    const options = storageOptions(directory, 'overlay')
    const { status } = spawnSync('buildah', [...options, 'images'], { timeout: 20_000, stdio: 'ignore' })
    return status === 0 ? 'overlay' : 'vfs'
  } finally {
    removeStorage(directory)
  }
}

function storageOptions(directory: string, driver: string): string[] {
  return ['--root', join(directory, 'storage'), '--runroot', join(directory, 'run'), '--storage-driver', driver]
}

function removeStorage(directory: string): void {
  // With overlays it stays mounted, on itself.
  spawnSync('umount', [join(directory, 'storage', 'overlay')])
  rmSync(directory, { recursive: true, force: true })
}
