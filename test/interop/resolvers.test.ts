import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { isInstalled } from '#test/support/installed.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'

const run = promisify(execFile)

const COREFILE = `. {
    loadbalance
    cache 30
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests ${resolve('examples/cluster')}
        pods insecure
    }
    hosts none.txt example.com {
        192.0.2.80 example.com
    }
}
`
const D = 'default.svc.cluster.local'

describe('the resolver of Node (c-ares)', () => {
  let server: TestServer
  let resolver: Resolver
  before(async () => {
    server = await bootServer(COREFILE)
    resolver = new Resolver({ timeout: 2000, tries: 1 })
    resolver.setServers([`127.0.0.1:${server.port}`])
  })
  after(() => server.close())

  it('finds addresses', async () => {
    assert.deepEqual(await resolver.resolve4(`my-service.${D}`), ['10.96.123.45'])
    assert.deepEqual((await resolver.resolve4(`kubia-headless.${D}`)).sort(), ['10.244.3.10', '10.244.3.11'])
    assert.deepEqual(await resolver.resolve6(`my-dual-stack-service.${D}`), ['fd00:10:96::90:4'])
    assert.deepEqual(await resolver.resolve4(`my-external-service.${D}`), ['192.0.2.80'])
  })

  it('finds service records, aliases, texts and names of addresses', async () => {
    const [found] = await resolver.resolveSrv(`_https._tcp.kubia.${D}`)
    assert.deepEqual([found?.priority, found?.weight, found?.port, found?.name], [0, 100, 443, `kubia.${D}`])
    assert.deepEqual(await resolver.resolveCname(`my-external-service.${D}`), ['example.com'])
    assert.deepEqual(await resolver.resolveTxt('dns-version.cluster.local'), [['1.1.0']])
    assert.deepEqual(await resolver.reverse('10.96.0.10'), ['kube-dns.kube-system.svc.cluster.local'])
    assert.equal((await resolver.resolveSoa('cluster.local')).nsname, 'ns.dns.cluster.local')
  })

  it('tells a name that does not exist from one without the type', async () => {
    await assert.rejects(resolver.resolve4(`nope.${D}`), { code: 'ENOTFOUND' })
    await assert.rejects(resolver.resolve6(`my-service.${D}`), { code: 'ENODATA' })
  })
})

const questions: [args: readonly string[], status: string, answer: readonly string[]][] = [
  [[`my-service.${D}`, 'A'], 'NOERROR', ['10.96.123.45']],
  [[`kubia-headless.${D}`, 'A'], 'NOERROR', ['10.244.3.10', '10.244.3.11']],
  [[`_https._tcp.kubia.${D}`, 'SRV'], 'NOERROR', [`0 100 443 kubia.${D}.`]],
  [['-x', '10.96.0.10'], 'NOERROR', ['kube-dns.kube-system.svc.cluster.local.']],
  [['dns-version.cluster.local', 'TXT'], 'NOERROR', ['"1.1.0"']],
  [[`my-external-service.${D}`, 'A'], 'NOERROR', ['192.0.2.80', 'example.com.']],
  [[`nope.${D}`, 'A'], 'NXDOMAIN', []],
  [[`my-service.${D}`, 'TYPE1000'], 'NOERROR', []],
]

describe('kdig', { skip: isInstalled('kdig') ? false : 'kdig is not installed (package knot-dnsutils)' }, () => {
  let server: TestServer
  before(async () => {
    server = await bootServer(COREFILE)
  })
  after(() => server.close())

  for (const flags of [
    [],
    ['+tcp'],
    ['+edns'],
    ['+edns', '+bufsize=512', '+dnssec'],
    ['+tcp', '+keepopen', '+edns', '+nsid'],
  ]) {
    it(`finds the objects of the sample cluster with ${flags.join(' ') || 'its defaults'}, and warns of nothing`, async () => {
      for (const [args, status, answer] of questions) {
        const all = ['@127.0.0.1', '-p', String(server.port), '+time=2', '+retry=0', ...flags, ...args]
        const { stdout, stderr } = await run('kdig', all)
        assert.match(stdout, new RegExp(`status: ${status};`), args.join(' '))
        const section = stdout.split(';; ANSWER SECTION:\n')[1]?.split('\n\n')[0] ?? ''
        const data = section
          .split('\n')
          .filter(line => line !== '')
          .map(line => line.split(/\s+/).slice(4).join(' '))
        assert.deepEqual(data.sort(), answer, args.join(' '))
        assert.doesNotMatch(stdout + stderr, /WARNING|malformed/i, args.join(' '))
      }
    })
  }

  it('is told about an EDNS version that there is not', async () => {
    const { stdout } = await run('kdig', ['@127.0.0.1', '-p', String(server.port), '+edns=1', `my-service.${D}`])
    assert.match(stdout, /ext-rcode: BADVERS|status: BADVERS/)
  })
})
