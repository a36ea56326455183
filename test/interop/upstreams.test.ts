import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { knotProgram, startKnot } from '#test/support/knot.ts'
import { Load } from '#test/support/load.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { startUnbound, unboundProgram } from '#test/support/unbound.ts'
import { until } from '#test/support/until.ts'
import { Rcode } from '#wire/constants.ts'
import { formatRecord } from '#wire/text.ts'

const withoutUnbound = unboundProgram === null ? 'unbound is not installed' : false
const withoutBoth = withoutUnbound || (knotProgram === null ? 'knotd is not installed' : false)

const EXTERNAL = 'shop.default.svc.cluster.local'
const RECORDS = ['www.interop.test. 30 IN A 192.0.2.1', 'alias.interop.test. 30 IN CNAME www.interop.test.']

const CLUSTER = `
{ apiVersion: v1, kind: Service, metadata: { name: shop, namespace: default },
  spec: { type: ExternalName, externalName: www.interop.test } }
---
{ apiVersion: v1, kind: Service, metadata: { name: aliased, namespace: default },
  spec: { type: ExternalName, externalName: alias.interop.test } }
---
{ apiVersion: v1, kind: Service, metadata: { name: missing, namespace: default },
  spec: { type: ExternalName, externalName: nothing.interop.test } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: default }, spec: { clusterIP: 10.96.0.9, ports: [{ port: 80 }] } }
`

test('the CNAME of an ExternalName service is followed through unbound', { skip: withoutUnbound }, async t => {
  const up = await startUnbound(RECORDS)
  t.after(() => up.kill())
  const server = await clusterInFrontOf(t, 'errors', up.port)
  for (const how of [{}, { tcp: true }, { edns: false }, {}]) {
    assert.deepEqual(await answers(server, EXTERNAL, how), [
      `${EXTERNAL}. 5 IN CNAME www.interop.test.`,
      'www.interop.test. 30 IN A 192.0.2.1',
    ])
  }
  // unbound gives the alias without its target from local data; what it says comes through.
  const aliased = await answers(server, 'aliased.default.svc.cluster.local')
  assert.deepEqual(aliased.slice(0, 2), [
    'aliased.default.svc.cluster.local. 5 IN CNAME alias.interop.test.',
    'alias.interop.test. 30 IN CNAME www.interop.test.',
  ])
  assert.deepEqual(await answers(server, 'missing.default.svc.cluster.local'), [
    'missing.default.svc.cluster.local. 5 IN CNAME nothing.interop.test.',
  ])
})

test('when knot dies under load, unbound answers for both and an ExternalName never loses its address', {
  skip: withoutBoth,
}, async t => {
  const unbound = await startUnbound(RECORDS)
  t.after(() => unbound.kill())
  const knot = await startKnot(RECORDS)
  t.after(() => knot.kill())
  const server = await clusterInFrontOf(t, 'prometheus 127.0.0.1:0', knot.port, unbound.port)
  await until(async () => (await answers(server, EXTERNAL)).length === 2)

  const load = new Load(server.port, 'www.interop.test', 'A', 200)
  await knot.kill()
  await until(() => failedProbes(server) > 2)
  for (let i = 0; i < 200; i++) {
    assert.deepEqual(await answers(server, EXTERNAL), [
      `${EXTERNAL}. 5 IN CNAME www.interop.test.`,
      'www.interop.test. 30 IN A 192.0.2.1',
    ])
  }
  assert.equal((await answers(server, 'web.default.svc.cluster.local')).length, 1)
  const { sent, answered, rcodes } = await load.stop()
  assert.equal(answered, sent)
  assert.deepEqual([...rcodes.keys()], [Rcode.NOERROR])
})

test('when unbound hangs instead of dying, no query waits for it once its probes have failed', {
  skip: withoutBoth,
}, async t => {
  const unbound = await startUnbound(RECORDS)
  t.after(() => unbound.kill())
  const knot = await startKnot(RECORDS)
  t.after(() => knot.kill())
  const server = await clusterInFrontOf(t, 'prometheus 127.0.0.1:0', unbound.port, knot.port)
  unbound.freeze()
  const first = await answers(server, EXTERNAL, { timeoutMs: 10_000 })
  assert.equal(first.length, 2, 'the query that finds out is answered by the other')
  await until(() => failedProbes(server) > 2)
  for (let i = 0; i < 50; i++) assert.equal((await answers(server, EXTERNAL, { timeoutMs: 1500 })).length, 2)
})

/** The cluster with its ExternalName services, and everything else asked of upstreams in their order. */
async function clusterInFrontOf(t: TestContext, plugin: string, ...ports: readonly number[]): Promise<TestServer> {
  const server = await bootServer(
    `. {
    ${plugin}
    kubernetes cluster.local {
        manifests cluster.yaml
    }
    forward . ${ports.map(port => `127.0.0.1:${port}`).join(' ')} {
        policy sequential
        health_check 100ms
    }
}
`,
    { files: { 'cluster.yaml': CLUSTER } },
  )
  t.after(() => server.close())
  return server
}

async function answers(
  server: TestServer,
  name: string,
  how: Parameters<TestServer['ask']>[2] = {},
): Promise<string[]> {
  const { answer } = await server.ask(name, 'A', how)
  return answer.map(record => formatRecord(record).replaceAll('\t', ' '))
}

function failedProbes(server: TestServer): number {
  const lines = server.metrics().split('\n')
  const counts = lines.filter(line => line.startsWith('coredns_proxy_healthcheck_failures_total'))
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
