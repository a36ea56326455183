import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { after, before, describe, it } from 'node:test'
import type { ContainerOptions } from '#test/support/container.ts'
import { Container } from '#test/support/container.ts'
import type { PodSpec } from '#test/support/deployment.ts'
import { deployedObjects, objectOfKind } from '#test/support/deployment.ts'
import type { ImageConfig } from '#test/support/image.ts'
import { TestImage } from '#test/support/image.ts'
import { withoutImages } from '#test/support/image-trial.ts'
import { NetworkNamespace } from '#test/support/network-namespace.ts'

const objects = deployedObjects('deploy/kubernetes/base')
const spec = (objectOfKind(objects, 'Deployment')['spec'] as { template: { spec: PodSpec } }).template.spec
const container = spec.containers[0]!
const capabilities = (container.securityContext['capabilities'] as { add: string[] }).add
const sysctls = Object.fromEntries(
  (spec.securityContext['sysctls'] as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
)

const memoryMib = Number.parseInt((container['resources'] as { limits: { memory: string } }).limits.memory, 10)

/** The Corefile of the Deployment, over the sample cluster in place of a live one, and with little lameduck. */
const corefile = (objectOfKind(objects, 'ConfigMap')['data'] as { Corefile: string }).Corefile.replace(
  /^( +)pods insecure$/m,
  '$&\n$1manifests /etc/coredns/cluster',
).replace('lameduck 5s', 'lameduck 1s')

describe('the image', { skip: await withoutImages() }, () => {
  const image = new TestImage()
  const directory = mkdtempSync(join(tmpdir(), 'nodens-volume-'))
  const volume = join(directory, 'coredns')
  let network: NetworkNamespace | undefined
  let root: string
  let config: ImageConfig

  before(async () => {
    mkdirSync(volume)
    writeFileSync(join(volume, 'Corefile'), corefile)
    writeFileSync(join(directory, 'resolv.conf'), 'nameserver 192.0.2.1\n')
    cpSync('examples/cluster', join(volume, 'cluster'), { recursive: true })
    network = new NetworkNamespace('image')
    await image.build()
    root = await image.mount()
    config = await image.config()
  })
  after(async () => {
    network?.remove()
    await image.remove()
    rmSync(directory, { recursive: true })
  })

  /** Runs it as the Deployment does, unless told otherwise. */
  function run(t: TestContext, changes: Partial<ContainerOptions> = {}): Container {
    const started = new Container({
      root,
      image: config,
      args: container.args,
      network: network!.name,
      capabilities,
      memoryMib,
      sysctls,
      volumes: { '/etc/coredns': volume, '/etc/resolv.conf': join(directory, 'resolv.conf') },
      ...changes,
    })
    t.after(() => started.remove())
    return started
  }

  async function digShort(...args: string[]): Promise<string> {
    const name = 'my-service.default.svc.cluster.local'
    return (await network!.run('dig', '@127.0.0.1', '+short', '+timeout=2', ...args, name)).stdout.trim()
  }

  it('serves on port 53 as user 65532, without a capability in force and on a root that is read-only', async t => {
    const nodens = run(t)
    await nodens.printed(/^Nodens-/m)
    const status = readFileSync(`/proc/${nodens.pid}/status`, 'utf8')
    const line = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)![1]!
    assert.equal(line('Uid'), '65532')
    assert.equal(BigInt(`0x${line('CapEff')}`), 0n)
    // Bit 10 is CAP_NET_BIND_SERVICE.
    assert.equal(BigInt(`0x${line('CapBnd')}`), 1n << 10n)
    assert.equal(line('NoNewPrivs'), '1')
    assert.match(readFileSync(`/proc/${nodens.pid}/mountinfo`, 'utf8'), /^\d+ \d+ \S+ \S+ \/ ro,/m)
    assert.equal(await digShort('+notcp'), '10.96.123.45')
    assert.equal(await digShort('+tcp'), '10.96.123.45')
    const script = `Promise.all(['8080/health', '8181/ready', '9153/metrics'].map(async path =>
      (await fetch('http://127.0.0.1:' + path)).status)).then(all => console.log(all.join(' ')))`
    assert.equal((await network!.run(process.execPath, '-e', script)).stdout.trim(), '200 200 200')
    nodens.signal('TERM')
    await nodens.printed(/lameduck/)
    assert.equal(await digShort(), '10.96.123.45')
    assert.equal(await nodens.exit(), 0)
  })

  it('says so when port 53 is not open to its user', async t => {
    const closed = new NetworkNamespace('closed')
    t.after(() => closed.remove())
    const nodens = run(t, { sysctls: {}, network: closed.name })
    assert.equal(await nodens.exit(), 1)
    assert.match(nodens.output, /permission denied/)
  })

  it('serves as root with that one capability, as on a node, where no sysctl helps', async t => {
    const node = new NetworkNamespace('node')
    t.after(() => node.remove())
    const nodens = run(t, { sysctls: {}, network: node.name, user: 0 })
    await nodens.printed(/^Nodens-/m)
    nodens.signal('TERM')
    assert.equal(await nodens.exit(), 0)
  })

  it('starts from its compile cache, as either user', async t => {
    for (const user of [65532, 0]) {
      const nodens = run(t, { user, env: ['NODE_DEBUG_NATIVE=COMPILE_CACHE'] })
      await nodens.printed(/^Nodens-/m)
      nodens.signal('TERM')
      assert.equal(await nodens.exit(), 0)
      const of = (what: RegExp): string[] => [...nodens.output.matchAll(what)].map(([, file]) => file!)
      const accepted = of(/^\[compile cache\].* (\S+) was accepted/gm)
      assert.ok(accepted.includes('file:///nodens/src/main.js'), `user ${user}: ${accepted}`)
      const missed = of(/^\[compile cache\].* (\S+) was (?:not initialized|rejected)/gm)
      // What is loaded for manifests only.
      const onDemand = /^(file:\/\/)?\/nodens\/(src\/lib\/source-\w+\.js|node_modules\/yaml\/.*)$/
      assert.deepEqual(
        missed.filter(file => !onDemand.test(file)),
        [],
        `user ${user}`,
      )
    }
  })

  it('has a heap that leaves room for the rest within the memory of the Deployment', async t => {
    const options = config.Entrypoint.slice(0, -1)
    const print = ['--print', 'require("node:v8").getHeapStatistics().heap_size_limit']
    const node = run(t, { image: { ...config, Entrypoint: options }, args: print })
    assert.equal(await node.exit(), 0)
    const heapMib = Number(node.output) / 2 ** 20
    assert.ok(heapMib > 0 && heapMib < memoryMib - 64, `${heapMib} of ${memoryMib} MiB`)
  })

  it('holds files that anybody may read and its user may not write', () => {
    const broken = readdirSync(join(root, 'nodens'), { recursive: true, withFileTypes: true }).filter(entry => {
      const { mode, uid } = statSync(join(entry.parentPath, entry.name))
      return uid !== 0 || (mode & 0o444) !== 0o444 || (mode & 0o022) !== 0
    })
    assert.deepEqual(
      broken.map(entry => join(entry.parentPath, entry.name)),
      [],
    )
    assert.ok(!readdirSync(join(root, 'nodens/src')).some(name => name.endsWith('.ts')))
  })
})
