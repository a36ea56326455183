import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Container } from '#test/support/container.ts'
import { DEBIAN_PROGRAMS, unpackDebianPackages } from '#test/support/debian-packages.ts'
import { ImageStorage } from '#test/support/image-storage.ts'
import { isInstalled } from '#test/support/installed.ts'
import { NetworkNamespace, withoutNamespaces } from '#test/support/network-namespace.ts'
import { REPOSITORY } from '#test/support/source.ts'

/**
 * Why the image cannot be built and run here, or `false` when it can. What it takes is tried with the least image there is, a
 * shell that ends at once: whether a machine lets containers run cannot be told by looking.
 */
export async function withoutImages(): Promise<string | false> {
  const namespaces = withoutNamespaces()
  if (namespaces !== false) return namespaces
  const missing = ['buildah', 'runc', 'npm', ...DEBIAN_PROGRAMS].find(program => !isInstalled(program))
  if (missing !== undefined) return `${missing} is not installed`
  const ping = spawnSync('npm', ['ping'], { cwd: REPOSITORY, timeout: 15_000, stdio: 'ignore' })
  if (ping.status !== 0) return 'the image needs packages, and no registry answers'
  const directory = mkdtempSync(join(tmpdir(), 'nodens-trial-'))
  try {
    await tryImage(directory)
    return false
  } catch (error) {
    // The last line is what the program that failed had to say.
    const lines = (error instanceof Error ? error.message : String(error)).trim().split('\n')
    return `no image is built and run here: ${lines.at(-1)}`
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function tryImage(directory: string): Promise<void> {
  const tree = join(directory, 'tree')
  await unpackDebianPackages(tree, ['dash'])
  writeFileSync(join(directory, 'Dockerfile'), 'FROM localhost/shell\nRUN true\nENTRYPOINT ["sh"]\n')
  const storage = new ImageStorage()
  try {
    await storage.commit('shell', tree)
    await storage.build('trial', directory)
    await tryContainer(await storage.mount('trial'))
  } finally {
    await storage.remove()
  }
}

/** Runs it with all that the test of the image asks of a container. */
async function tryContainer(root: string): Promise<void> {
  const network = new NetworkNamespace('trial')
  try {
    await tryContainerIn(root, network)
  } finally {
    network.remove()
  }
}

async function tryContainerIn(root: string, network: NetworkNamespace): Promise<void> {
  const container = new Container({
    root,
    image: { User: '65532:65532', Env: ['PATH=/bin'], Entrypoint: ['sh'], WorkingDir: '/' },
    args: ['-c', 'exit 7'],
    network: network.name,
    capabilities: ['NET_BIND_SERVICE'],
    memoryMib: 64,
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
    volumes: {},
  })
  try {
    await container.ended()
    if ((await container.exit()) !== 7) throw new Error(`runc: ${container.output.trim()}`)
  } finally {
    await container.remove()
  }
}
