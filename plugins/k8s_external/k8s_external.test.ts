import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { k8sExternal } from '#plugins/k8s_external/index.ts'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import { transfer } from '#plugins/transfer/index.ts'
import type { PluginUnderTest } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { formatRecord } from '#wire/text.ts'

const service = (name: string, spec: string, status = '{}'): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name}, namespace: shop }, spec: ${spec}, status: ${status} }`

const MANIFEST = [
  service(
    'web',
    '{ externalIPs: [192.0.2.1, "2001:db8::1"], ports: [{ name: http, port: 80 }, { name: https, port: 443 }] }',
  ),
  service(
    'lb',
    '{ type: LoadBalancer, ports: [{ port: 80 }] }',
    '{ loadBalancer: { ingress: [{ ip: 192.0.2.2 }, { hostname: lb.test }] } }',
  ),
  service(
    'named',
    '{ type: LoadBalancer, ports: [{ name: http, port: 80 }] }',
    '{ loadBalancer: { ingress: [{ hostname: lb.test }] } }',
  ),
  service('inner', '{ ports: [{ port: 80 }] }'),
  service('db', '{ clusterIP: None }'),
  `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, ports: [{ name: sql, port: 5432 }],
     metadata: { name: db-a, namespace: shop, labels: { kubernetes.io/service-name: db } },
     endpoints: [{ addresses: [198.51.100.1], hostname: db-0 }, { addresses: [198.51.100.2] }] }`,
  `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, ports: [{ port: 80 }],
     metadata: { name: inner-a, namespace: shop, labels: { kubernetes.io/service-name: inner } },
     endpoints: [{ addresses: [198.51.100.9], hostname: i }] }`,
  // This server is one of the pods behind it.
  `{ apiVersion: v1, kind: Service, metadata: { name: dns, namespace: own }, spec: { externalIPs: [192.0.2.53], ports: [{ port: 53 }] } }`,
  `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, ports: [{ port: 53 }],
     metadata: { name: dns-a, namespace: own, labels: { kubernetes.io/service-name: dns } },
     endpoints: [{ addresses: [127.0.0.1] }] }`,
].join('\n---\n')

const Z = 'example.org.'
const SOA = (ttl = 5): string =>
  `authority ${Z} ${ttl} IN SOA ns1.dns.${Z} hostmaster.dns.${Z} 1767225600 7200 1800 86400 ${ttl}`
const NXDOMAIN = ['NXDOMAIN aa', SOA()]
const NODATA = ['NOERROR aa', SOA()]

type Row = [rule: string, name: string, type: string, expected: readonly string[]]

const rows: Row[] = [
  ['an address', `web.shop.${Z}`, 'A', ['NOERROR aa', `answer web.shop.${Z} 5 IN A 192.0.2.1`]],
  ['an IPv6 address', `web.shop.${Z}`, 'AAAA', ['NOERROR aa', `answer web.shop.${Z} 5 IN AAAA 2001:db8::1`]],
  ["the asker's letter case", `WEB.shop.${Z}`, 'A', ['NOERROR aa', `answer WEB.shop.${Z} 5 IN A 192.0.2.1`]],
  ['a port', `_http._tcp.web.shop.${Z}`, 'A', ['NOERROR aa', `answer _http._tcp.web.shop.${Z} 5 IN A 192.0.2.1`]],
  [
    'the targets of a port',
    `_https._tcp.web.shop.${Z}`,
    'SRV',
    [
      'NOERROR aa',
      `answer _https._tcp.web.shop.${Z} 5 IN SRV 0 50 443 web.shop.${Z}`,
      `additional web.shop.${Z} 5 IN A 192.0.2.1`,
      `additional web.shop.${Z} 5 IN AAAA 2001:db8::1`,
    ],
  ],
  ['a port that does not exist', `_ftp._tcp.web.shop.${Z}`, 'A', NXDOMAIN],
  ['an endpoint of a service with external addresses', `x.web.shop.${Z}`, 'A', NXDOMAIN],
  ['another type', `web.shop.${Z}`, 'TXT', NODATA],
  ['no CNAME where there is an address', `web.shop.${Z}`, 'CNAME', NODATA],
  [
    'a load balancer with an address goes by that',
    `lb.shop.${Z}`,
    'A',
    ['NOERROR aa', `answer lb.shop.${Z} 5 IN A 192.0.2.2`],
  ],
  [
    'a load balancer with a name',
    `named.shop.${Z}`,
    'CNAME',
    ['NOERROR aa', `answer named.shop.${Z} 5 IN CNAME lb.test.`],
  ],
  [
    'what is found under that name',
    `named.shop.${Z}`,
    'A',
    ['NOERROR aa', `answer named.shop.${Z} 5 IN CNAME lb.test.`, 'answer lb.test. 60 IN A 203.0.113.1'],
  ],
  [
    'SRV leads there at once',
    `named.shop.${Z}`,
    'SRV',
    ['NOERROR aa', `answer named.shop.${Z} 5 IN SRV 0 100 80 lb.test.`],
  ],
  ['a service without external address', `inner.shop.${Z}`, 'A', NXDOMAIN],
  ['a headless service', `db.shop.${Z}`, 'A', NXDOMAIN],
  ['a namespace', `shop.${Z}`, 'A', NODATA],
  ['a namespace that does not exist', `nowhere.${Z}`, 'A', NXDOMAIN],
  ['a name with too many labels', `a.b.c.web.shop.${Z}`, 'A', NXDOMAIN],
  ['SOA of the apex', Z, 'SOA', ['NOERROR aa', SOA().replace('authority', 'answer')]],
  [
    'NS of the apex',
    Z,
    'NS',
    ['NOERROR aa', `answer ${Z} 5 IN NS ns1.dns.${Z}`, `additional ns1.dns.${Z} 5 IN A 192.0.2.53`],
  ],
  ['other types of the apex', Z, 'A', NODATA],
  ['the name below the apex', `dns.${Z}`, 'A', NODATA],
  ['the name server', `ns1.dns.${Z}`, 'A', ['NOERROR aa', `answer ns1.dns.${Z} 5 IN A 192.0.2.53`]],
  ['the name server has no IPv6 address', `ns1.dns.${Z}`, 'AAAA', NODATA],
  ['other names beside the name server', `ns2.dns.${Z}`, 'A', NXDOMAIN],
  [
    'a pointer',
    '1.2.0.192.in-addr.arpa.',
    'PTR',
    ['NOERROR aa', `answer 1.2.0.192.in-addr.arpa. 5 IN PTR web.shop.${Z}`],
  ],
  ['transfers are the business of another plugin', Z, 'AXFR', ['REFUSED bare']],
  ['other zones', 'example.net.', 'A', ['NOERROR', 'answer example.net. 60 IN A 203.0.113.1']],
]

const headlessRows: Row[] = [
  [
    'a headless service',
    `db.shop.${Z}`,
    'A',
    ['NOERROR aa', `answer db.shop.${Z} 7 IN A 198.51.100.1`, `answer db.shop.${Z} 7 IN A 198.51.100.2`],
  ],
  ['one of its endpoints', `db-0.db.shop.${Z}`, 'A', ['NOERROR aa', `answer db-0.db.shop.${Z} 7 IN A 198.51.100.1`]],
  [
    'one that goes by its address',
    `198-51-100-2.db.shop.${Z}`,
    'A',
    ['NOERROR aa', `answer 198-51-100-2.db.shop.${Z} 7 IN A 198.51.100.2`],
  ],
  [
    'an endpoint of a service with a cluster address',
    `i.inner.shop.${Z}`,
    'A',
    ['NOERROR aa', `answer i.inner.shop.${Z} 7 IN A 198.51.100.9`],
  ],
  ['that service itself', `inner.shop.${Z}`, 'TXT', ['NXDOMAIN']],
  [
    'the targets of a port',
    `_sql._tcp.db.shop.${Z}`,
    'SRV',
    [
      'NOERROR aa',
      `answer _sql._tcp.db.shop.${Z} 7 IN SRV 0 50 5432 db-0.db.shop.${Z}`,
      `answer _sql._tcp.db.shop.${Z} 7 IN SRV 0 50 5432 198-51-100-2.db.shop.${Z}`,
      `additional db-0.db.shop.${Z} 7 IN A 198.51.100.1`,
      `additional 198-51-100-2.db.shop.${Z} 7 IN A 198.51.100.2`,
    ],
  ],
  ['the own label of the apex', `ns1.edge.${Z}`, 'A', ['NOERROR aa', `answer ns1.edge.${Z} 7 IN A 192.0.2.53`]],
  ['what the default label was', `dns.own.${Z}`, 'A', ['NOERROR aa', `answer dns.own.${Z} 7 IN A 192.0.2.53`]],
]

function suite(title: string, lines: string, table: readonly Row[]): void {
  describe(title, () => {
    let directory = ''
    let plugin: PluginUnderTest
    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'nodens-external-'))
      writeFileSync(join(directory, 'cluster.yaml'), MANIFEST)
      const text = `k8s_external example.org 2.0.192.in-addr.arpa {\n${lines}\n}
        kubernetes cluster.local {\nmanifests ${directory}\n}\ntransfer {\nto *\n}`
      plugin = buildPlugin(k8sExternal, text, {
        plugins: [transfer, k8sExternal, kubernetes],
        next: query =>
          query.folded.includes('example\x03org')
            ? reply('next', { rcode: 3 })
            : reply('next', {
                answer: [rr(`${query.folded.includes('test') ? 'lb.test.' : 'example.net.'} 60 IN A 203.0.113.1`)],
              }),
      })
      // The server stands at 127.0.0.1 for this test.
      Object.assign(plugin.instance.plan.blocks[0]!.settings, { listenAddresses: ['127.0.0.1'] })
      await plugin.instance.hooks.run('startup')
    })
    after(async () => {
      await plugin.instance.hooks.run('shutdown')
      rmSync(directory, { recursive: true })
    })
    for (const [rule, name, type, expected] of table) {
      it(`${rule}: ${name} ${type}`, async () => {
        assert.deepEqual(showReply(await plugin.handler(makeQuery(name, type))).split('\n'), expected)
      })
    }

    it('can be transferred, each record once', async t => {
      t.after(captureLines(() => {}))
      const answer: Reply = await plugin.handler(makeQuery(Z, 'AXFR', { tcp: true }))
      const records = answer.answer.map(record => formatRecord(record).replaceAll(/\s+/g, ' '))
      assert.equal(records[0], records.at(-1))
      assert.equal(new Set(records).size, records.length - 1)
      const ttl = lines === '' ? 5 : 7
      assert.ok(records.includes(`web.shop.${Z} ${ttl} IN AAAA 2001:db8::1`))
      assert.ok(records.includes(`named.shop.${Z} ${ttl} IN CNAME lb.test.`))
      assert.ok(records.includes(`_https._tcp.web.shop.${Z} ${ttl} IN SRV 0 50 443 web.shop.${Z}`))
      assert.equal(records.includes(`db-0.db.shop.${Z} ${ttl} IN A 198.51.100.1`), lines !== '')
      assert.ok(!records.some(record => record.includes('inner')))
    })
  })
}

suite('k8s_external', '', rows)
suite('k8s_external with all options', 'headless\nttl 7\napex Edge\nfallthrough', headlessRows)
