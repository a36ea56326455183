import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { queryOctets } from '#test/support/client.ts'
import { NAMESPACE, serve, service, slice, web } from '#test/support/followed-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { until } from '#test/support/until.ts'
import { Type, typeName } from '#wire/constants.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import type { Message } from '#wire/message.ts'
import { formatName } from '#wire/name.ts'
import { formatRecord } from '#wire/text.ts'

const SERVICES = 4000
/** SOA at both ends, NS and its addresses aside. */
const SERVICE_RECORDS = 3 * SERVICES

const COREFILE = `cluster.local {
  kubernetes {
    manifests cluster.yaml
  }
  transfer {
    to *
  }
}
`

function manifest(count: number): string {
  return Array.from(
    { length: count },
    (_, i) =>
      `{ apiVersion: v1, kind: Service, metadata: { name: a-service-with-a-long-name-${i} }, spec: { ports: [{ name: http, port: 80 }] } }`,
  ).join('\n---\n')
}

async function boot(t: TestContext, services = SERVICES): Promise<TestServer> {
  const server = await bootServer(COREFILE, { files: { 'cluster.yaml': manifest(services) } })
  t.after(() => server.close())
  return server
}

async function connect(t: TestContext, server: TestServer): Promise<StreamClient> {
  const client = await StreamClient.connect(server.port)
  t.after(() => client.socket.destroy())
  return client
}

function messages(client: StreamClient): Message[] {
  return client.replies.map(octets => {
    const message = decodeMessage(octets)
    if (isWireFailure(message)) throw new Error(`malformed: ${message}`)
    return message
  })
}

function isComplete(client: StreamClient): boolean {
  const records = messages(client).flatMap(({ answer }) => answer)
  return records.length > 1 && records[0]!.type === Type.SOA && records.at(-1)!.type === Type.SOA
}

describe('the zone of a live cluster', { timeout: 60_000 }, () => {
  it('is transferred as it is now, whatever changes', async t => {
    const api = await serve(t, [
      NAMESPACE,
      web,
      service('db', { clusterIP: 'None' }),
      slice('db-1', 'db', ['10.1.0.1']),
    ])
    const server = await bootServer(`cluster.local {\nkubernetes {\nendpoint ${api.url}\n}\ntransfer {\nto *\n}\n}\n`)
    t.after(() => server.close())
    const transferred = async () => {
      const client = await connect(t, server)
      client.send(queryOctets('cluster.local', 'AXFR', {}, 7))
      await until(() => isComplete(client))
      return messages(client).flatMap(({ answer }) =>
        answer.map(record => formatRecord(record).replaceAll(/\s+/g, ' ')),
      )
    }
    const before = await transferred()
    assert.ok(before.includes('web.shop.svc.cluster.local. 5 IN A 10.0.0.1'))
    assert.ok(before.includes('10-1-0-1.db.shop.svc.cluster.local. 5 IN A 10.1.0.1'))
    assert.equal(before[0], before.at(-1))
    api.delete('Service', 'web', 'shop')
    await until(async () => !(await transferred()).some(record => record.startsWith('web.')))
  })
})

describe('a multicluster zone', { timeout: 60_000 }, () => {
  it('is transferred with the names that it answers, and its own serial', async t => {
    const files = {
      'cluster.yaml': `
{ apiVersion: v1, kind: Service, metadata: { name: own, namespace: shop }, spec: { clusterIP: 10.96.0.1, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: dns, namespace: shop }, spec: { clusterIP: 10.96.0.10, ports: [{ port: 53 }] } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4,
  metadata: { name: dns, namespace: shop, labels: { kubernetes.io/service-name: dns } }, endpoints: [{ addresses: [127.0.0.1] }] }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: web, namespace: shop },
  spec: { type: ClusterSetIP, ips: [10.42.0.1], ports: [{ name: http, port: 80 }] } }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: db, namespace: shop },
  spec: { type: Headless, ports: [{ name: sql, port: 5432 }] } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4,
  metadata: { name: db-east, namespace: shop, labels: { multicluster.kubernetes.io/service-name: db,
                                                        multicluster.kubernetes.io/source-cluster: east } },
  ports: [{ name: sql, port: 5432 }], endpoints: [{ addresses: [10.43.0.1], hostname: db-0 }, { addresses: [10.43.0.2] }] }
`,
    }
    const corefile = `. {
  bind 127.0.0.1
  kubernetes cluster.local clusterset.local {
    manifests cluster.yaml
    multicluster clusterset.local
  }
  transfer {
    to *
  }
}
`
    const server = await bootServer(corefile, { files })
    t.after(() => server.close())
    const client = await connect(t, server)
    client.send(queryOctets('clusterset.local', 'AXFR', {}, 7))
    await until(() => isComplete(client))
    const records = messages(client).flatMap(({ answer }) => answer)
    const soa = (await server.ask('clusterset.local.', 'SOA')).answer.map(formatRecord)
    assert.deepEqual([records[0]!, records.at(-1)!].map(formatRecord), [...soa, ...soa])
    const lines = records.slice(1, -1).map(record => formatRecord(record).replaceAll(/\s+/g, ' '))
    assert.deepEqual(lines, [
      'clusterset.local. 5 IN NS ns.dns.clusterset.local.',
      'ns.dns.clusterset.local. 5 IN A 10.96.0.10',
      'db.shop.svc.clusterset.local. 5 IN A 10.43.0.1',
      'db-0.east.db.shop.svc.clusterset.local. 5 IN A 10.43.0.1',
      '_sql._tcp.db.shop.svc.clusterset.local. 5 IN SRV 0 50 5432 db-0.east.db.shop.svc.clusterset.local.',
      'db.shop.svc.clusterset.local. 5 IN A 10.43.0.2',
      '10-43-0-2.east.db.shop.svc.clusterset.local. 5 IN A 10.43.0.2',
      '_sql._tcp.db.shop.svc.clusterset.local. 5 IN SRV 0 50 5432 10-43-0-2.east.db.shop.svc.clusterset.local.',
      'web.shop.svc.clusterset.local. 5 IN A 10.42.0.1',
      'web.shop.svc.clusterset.local. 5 IN SRV 0 100 80 web.shop.svc.clusterset.local.',
      '_http._tcp.web.shop.svc.clusterset.local. 5 IN SRV 0 100 80 web.shop.svc.clusterset.local.',
    ])
    for (const record of records.slice(1, -1)) {
      const { answer } = await server.ask(formatName(record.owner), typeName(record.type))
      assert.ok(answer.map(formatRecord).includes(formatRecord(record)), formatRecord(record))
    }
  })
})

describe('a zone of many messages', { timeout: 60_000 }, () => {
  it('arrives whole: every record once, every message with the question, none above its limit', async t => {
    const server = await boot(t)
    const client = await connect(t, server)
    client.send(queryOctets('cluster.local', 'AXFR', {}, 7))
    await until(() => isComplete(client))
    const all = messages(client)
    assert.ok(all.length > 5, `${all.length} messages`)
    for (const { id, questions, rcode } of all) assert.deepEqual([id, questions.length, rcode], [7, 1, 0])
    const records = all.flatMap(({ answer }) => answer)
    assert.equal(records.filter(({ owner }) => owner.includes('\x03svc')).length, SERVICE_RECORDS)
    assert.equal(new Set(records.map(record => formatRecord(record))).size, records.length - 1)
    assert.match(server.lines.join('\n'), new RegExp(`Outgoing transfer of ${records.length} records of zone`))
  })

  it('arrives whole when the client has ended its side', async t => {
    const client = await connect(t, await boot(t))
    client.socket.end(Buffer.concat([Buffer.from([0, 31]), queryOctets('cluster.local', 'AXFR', { edns: false })]))
    await until(() => client.isEnded)
    assert.ok(isComplete(client))
  })

  it('leaves the connection usable, and other queries on it are answered meanwhile', async t => {
    const client = await connect(t, await boot(t))
    const svc = 'a-service-with-a-long-name-1.default.svc.cluster.local'
    client.send(queryOctets('cluster.local', 'AXFR', {}, 1), queryOctets(svc, 'A', {}, 2))
    await until(() => messages(client).some(({ id }) => id === 2))
    await until(
      () =>
        messages(client)
          .filter(({ id }) => id === 1)
          .at(-1)
          ?.answer.at(-1)?.type === Type.SOA,
    )
    const before = client.replies.length
    client.send(queryOctets(svc, 'A', {}, 3))
    await until(() => client.replies.length > before)
  })

  it('waits for a client that does not read, and serves others', async t => {
    const server = await boot(t)
    const client = await connect(t, server)
    client.socket.pause()
    for (let i = 0; i < 5; i++) client.send(queryOctets('cluster.local', 'AXFR', {}, i))
    for (let i = 0; i < 10; i++) assert.equal((await server.ask('cluster.local', 'SOA')).answer.length, 1)
    client.socket.resume()
    await until(() => messages(client).reduce((sum, { answer }) => sum + answer.length, 0) >= 5 * SERVICE_RECORDS)
  })

  it('is given up when the client goes away', async t => {
    const server = await boot(t)
    for (let i = 0; i < 30; i++) {
      const client = await StreamClient.connect(server.port)
      client.send(queryOctets('cluster.local', 'AXFR', {}, i))
      await client.receive(1)
      client.socket.resetAndDestroy()
    }
    const client = await connect(t, server)
    client.send(queryOctets('cluster.local', 'AXFR', {}, 7))
    await until(() => isComplete(client))
  })

  it('goes to few at once; the others get SERVFAIL', async t => {
    const client = await connect(t, await boot(t))
    client.send(...Array.from({ length: 20 }, (_, i) => queryOctets('cluster.local', 'AXFR', {}, i)))
    await until(() => messages(client).some(({ rcode }) => rcode === 2))
    const refused = messages(client).filter(({ rcode }) => rcode === 2).length
    assert.ok(refused <= 12, `${refused} refused`)
    await until(
      () => messages(client).filter(({ answer }) => answer.length > 1 && answer.at(-1)!.type === Type.SOA).length >= 8,
    )
  })
})
