import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageConfig } from '#test/support/image.ts'
import { until } from '#test/support/until.ts'

/** How a container is run. */
export interface ContainerOptions {
  /** The mounted files of its image. */
  readonly root: string
  readonly image: ImageConfig
  readonly args: readonly string[]
  /** Name of the network namespace that it is in. */
  readonly network: string
  /** As Kubernetes' securityContext has them: `NET_BIND_SERVICE`. */
  readonly capabilities: readonly string[]
  /** What its memory is limited to, in MiB. */
  readonly memoryMib: number
  readonly sysctls?: Readonly<Record<string, string>>
  /** In place of the image's user. */
  readonly user?: number
  readonly env?: readonly string[]
  /** Directories of this machine by where they are seen, read-only. */
  readonly volumes: Readonly<Record<string, string>>
}

/** A container in runc, as a container runtime makes it for a pod: its own process tree, a read-only root, no new privileges. */
export class Container {
  readonly #name = `nodens-test-${process.pid}-${randomBytes(3).toString('hex')}`
  readonly #directory = mkdtempSync(join(tmpdir(), 'nodens-container-'))
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  /** What it wrote to standard output and standard error. */
  output = ''

  constructor(options: ContainerOptions) {
    writeFileSync(join(this.#directory, 'config.json'), JSON.stringify(bundle(options)))
    const args = ['--root', join(this.#directory, 'state'), 'run', '--bundle', this.#directory, this.#name]
    this.#child = spawn('runc', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', chunk => (this.output += String(chunk)))
    }
    this.#exit = new Promise(resolve => this.#child.on('close', code => resolve(code)))
  }

  /** Waits until it has written something. */
  async printed(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.output) || this.#child.exitCode !== null)
    if (!pattern.test(this.output)) throw new Error(`no ${pattern} in the output:\n${this.output}`)
  }

  /** Waits until it has ended; rejects when it has not after 10 s. */
  async ended(): Promise<void> {
    await until(() => this.#child.exitCode !== null)
  }

  /** Id of its first process, as this machine sees it. */
  get pid(): number {
    return (JSON.parse(this.#runc('state', this.#name)) as { pid: number }).pid
  }

  signal(signal: 'TERM' | 'KILL'): void {
    this.#runc('kill', this.#name, signal)
  }

  /** The exit code, once it has ended. */
  exit(): Promise<number | null> {
    return this.#exit
  }

  /** Ends it for sure and takes it away. */
  async remove(): Promise<void> {
    try {
      if (this.#child.exitCode === null) this.#runc('delete', '--force', this.#name)
    } finally {
      this.#child.kill('SIGKILL')
      await this.#exit
      rmSync(this.#directory, { recursive: true, force: true })
    }
  }

  #runc(...args: string[]): string {
    return execFileSync('runc', ['--root', join(this.#directory, 'state'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    })
  }
}

/** The configuration of the OCI runtime specification. */
function bundle(options: ContainerOptions): object {
  const capabilities = options.capabilities.map(name => `CAP_${name}`)
  const [uid, gid] =
    options.user === undefined ? options.image.User.split(':').map(Number) : [options.user, options.user]
  const volumes = Object.entries(options.volumes).map(([destination, source]) => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'ro'],
  }))
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid, gid },
      args: [...options.image.Entrypoint, ...options.args],
      env: [...options.image.Env, ...(options.env ?? [])],
      cwd: options.image.WorkingDir || '/',
      noNewPrivileges: true,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: options.root, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
      // Where Node finds the limit of its memory.
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
      ...volumes,
    ],
    linux: {
      sysctl: options.sysctls ?? {},
      resources: { memory: { limit: options.memoryMib << 20 } },
      namespaces: [
        ...['pid', 'mount', 'ipc', 'uts'].map(type => ({ type })),
        { type: 'network', path: `/run/netns/${options.network}` },
      ],
    },
  }
}
