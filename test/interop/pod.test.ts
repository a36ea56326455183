import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isInstalled } from '#test/support/installed.ts'
import { NetworkNamespace, withoutNamespaces } from '#test/support/network-namespace.ts'
import { NodensProcess } from '#test/support/process.ts'

const CLUSTER_DNS = '10.96.0.10'
const POD = '10.244.1.2'
const EXTERNAL = '192.0.2.80'

/** The chain of kubeadm's Corefile over the sample cluster, and a server beside it that is the world outside. */
const COREFILE = `.:53 {
    bind ${CLUSTER_DNS}
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests ${resolve('examples/cluster')}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    forward . 127.0.0.1:5300
    cache 30
    loop
    loadbalance
}
.:5300 {
    bind 127.0.0.1
    hosts /dev/null {
        ${EXTERNAL} www.example.com
    }
}
`

/** What the kubelet writes for a pod of the namespace default. */
const RESOLV_CONF = `search default.svc.cluster.local svc.cluster.local cluster.local
nameserver ${CLUSTER_DNS}
options ndots:5
`

const SERVICE = '10.96.123.45'
const SERVICE_NAME = 'my-service.default.svc.cluster.local'

/** What applications write, and the address that they mean. */
const names: readonly (readonly [name: string, address: string])[] = [
  ['my-service', SERVICE],
  ['my-service.default', SERVICE],
  ['my-service.default.svc', SERVICE],
  [SERVICE_NAME, SERVICE],
  ['nginx-service.web', '10.96.50.10'],
  ['10-244-3-10.default.pod', '10.244.3.10'],
  ['www.example.com', EXTERNAL],
]

describe('a pod', { skip: withoutNamespaces() }, () => {
  const removals: (() => unknown)[] = []
  let pod: NetworkNamespace

  before(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-pod-'))
    removals.push(() => rmSync(directory, { recursive: true }))
    const corefile = join(directory, 'Corefile')
    writeFileSync(corefile, COREFILE)
    const node = added(new NetworkNamespace('node'))
    pod = added(new NetworkNamespace('pod'))
    node.connect(CLUSTER_DNS, pod, POD)
    pod.write('resolv.conf', RESOLV_CONF)
    pod.write('nsswitch.conf', 'hosts: files dns\n')
    pod.write('hosts', `127.0.0.1 localhost\n${POD} pod\n`)
    const nodens = new NodensProcess(['-conf', corefile], { through: node.through })
    removals.push(() => nodens.kill())
    await nodens.output(/^Nodens-/m)
  })

  after(async () => {
    for (const remove of removals.reverse()) await remove()
  })

  function added(namespace: NetworkNamespace): NetworkNamespace {
    removals.push(() => namespace.remove())
    return namespace
  }

  it('finds each name with getent, as programs in C do', { skip: lacks('getent', 'libc-bin') }, async () => {
    for (const [name, address] of names) {
      const { stdout } = await pod.run('getent', 'ahosts', name)
      const found = new Set(stdout.split('\n').flatMap(line => line.split(' ')[0] || []))
      assert.deepEqual([...found], [address], name)
    }
    assert.match((await pod.run('getent', 'hosts', SERVICE)).stdout, new RegExp(`^${SERVICE}\\s+${SERVICE_NAME}$`, 'm'))
  })

  it('is told that a name is not there, with getent', { skip: lacks('getent', 'libc-bin') }, async () => {
    const { stdout, code } = await pod.run('getent', 'ahosts', 'no-such-service.default.svc.cluster.local.')
    assert.deepEqual([stdout, code], ['', 2])
  })

  it('finds each name with dig', { skip: lacks('dig', 'bind9-dnsutils') }, async () => {
    for (const transport of ['+notcp', '+tcp']) {
      for (const [name, address] of names) {
        const { stdout } = await pod.run('dig', '+search', '+short', '+timeout=2', transport, name)
        assert.equal(stdout.trim(), address, name)
      }
    }
    assert.equal((await pod.run('dig', '+short', '-x', SERVICE)).stdout.trim(), `${SERVICE_NAME}.`)
  })

  it('finds each name with nslookup', { skip: lacks('nslookup', 'bind9-dnsutils') }, async () => {
    for (const [name, address] of names) {
      const { stdout } = await pod.run('nslookup', '-timeout=2', name)
      assert.match(stdout, new RegExp(`^Server:\\s+${CLUSTER_DNS}$`, 'm'), name)
      assert.match(stdout, new RegExp(`^Name:\\s+${name}.*\\nAddress: ${address}$`, 'm'), name)
    }
    assert.match((await pod.run('nslookup', SERVICE)).stdout, new RegExp(`name = ${SERVICE_NAME}\\.$`, 'm'))
  })

  it('finds each name with node:dns', async () => {
    const script = `
      const { lookup, resolve4, reverse } = require('node:dns/promises')
      const all = async names => Object.fromEntries(await Promise.all(names.map(async name => [name, (await lookup(name)).address])))
      const found = async names => ({ names: await all(names), full: await resolve4('${SERVICE_NAME}'), reverse: await reverse('${SERVICE}') })
      found(${JSON.stringify(names.map(([name]) => name))}).then(result => console.log(JSON.stringify(result)))`
    const { stdout, stderr } = await pod.run(process.execPath, '-e', script)
    assert.notEqual(stdout, '', stderr)
    assert.deepEqual(JSON.parse(stdout), {
      names: Object.fromEntries(names),
      full: [SERVICE],
      reverse: [SERVICE_NAME],
    })
  })
})

function lacks(program: string, debianPackage: string): string | false {
  return isInstalled(program) ? false : `${program} is not installed (package ${debianPackage})`
}
