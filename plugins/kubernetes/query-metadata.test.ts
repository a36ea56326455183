import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { MetadataReader } from '#plugin/metadata.ts'
import { metadataReader } from '#plugin/metadata.ts'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import { metadata } from '#plugins/metadata/index.ts'
import { clusterDirectory, S, Z } from '#test/support/kubernetes.ts'
import type { PluginUnderTest } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'

const C = 'clusterset.local.'
const rows: [name: string, label: string, value: string | null][] = [
  [`SVC1.${S}`, 'service', 'svc1'],
  [`svc1.${S}`, 'namespace', 'testns'],
  [`svc1.${S}`, 'kind', 'svc'],
  [`svc1.${S}`, 'endpoint', ''],
  [`svc1.${S}`, 'port-name', ''],
  [`ep1a.svc1.${S}`, 'endpoint', 'ep1a'],
  [`_http._tcp.svc1.${S}`, 'port-name', 'http'],
  [`_http._tcp.svc1.${S}`, 'protocol', 'tcp'],
  [`none.nowhere.svc.${Z}`, 'service', 'none'],
  [`10-240-0-1.podns.pod.${Z}`, 'kind', 'pod'],
  [`testns.svc.${Z}`, 'service', ''],
  [`svc.${Z}`, 'kind', 'svc'],
  [`svc1.${S}`, 'parse-error', null],
  [`a.b.${Z}`, 'parse-error', 'invalid query name'],
  [`a.b.${Z}`, 'service', null],
  [`a\\010b.${S}`, 'service', 'a\\010b'],
  [`svc1.${S}`, 'cluster', null],
  [`ep.EAST.db.testns.svc.${C}`, 'cluster', 'east'],
  [`ep.east.db.testns.svc.${C}`, 'endpoint', 'ep'],
  [`ep.east.db.testns.svc.${C}`, 'port-name', ''],
  [`ep.east.db.testns.svc.${C}`, 'protocol', ''],
  [`ep.east.db.testns.svc.${C}`, 'service', 'db'],
  [`_http.tcp.db.testns.svc.${C}`, 'cluster', ''],
  [`_http.tcp.db.testns.svc.${C}`, 'port-name', 'http'],
  [`_http.tcp.db.testns.svc.${C}`, 'protocol', 'tcp'],
  [`db-0.db.testns.svc.${C}`, 'endpoint', 'db-0'],
  [`db.testns.svc.${C}`, 'cluster', ''],
  [`a.b.c.db.testns.svc.${C}`, 'cluster', null],
  [`ep.east.db.testns.svc.${Z}`, 'port-name', 'ep'],
  ['example.org.', 'service', null],
  ['example.org.', 'client-namespace', 'podns'],
  ['example.org.', 'client-pod-name', 'pod-1'],
  ['example.org.', 'client-label/app', 'web'],
  ['example.org.', 'client-label/constructor', null],
  [`svc1.${S}`, 'nonsense', null],
  [`svc1.${S}`, 'zone', null],
  [`z1.pin._zone.hdls.${S}`, 'parse-error', 'invalid query name'],
]

const zonalRows: typeof rows = [
  [`Rack.row.pin._zone.hdls.${S}`, 'zone', 'rack.row'],
  [`z1.prefer._zone.hdls.${S}`, 'zone', 'z1'],
  [`z1.pin._zone.hdls.${S}`, 'service', 'hdls'],
  [`z1.pin._zone.hdls.${S}`, 'namespace', 'testns'],
  [`z1.pin._zone.hdls.${S}`, 'kind', 'svc'],
  [`z1.pin._zone.hdls.${S}`, 'port-name', ''],
  [`z1.pin._zone.hdls.${S}`, 'parse-error', null],
  [`hdls.${S}`, 'zone', ''],
  [`z1.other._zone.hdls.${S}`, 'zone', null],
  ['1.0.0.10.in-addr.arpa.', 'zone', null],
  [`z1.pin._zone.db.testns.svc.${C}`, 'zone', null],
  [`z1.pin._zone.db.testns.svc.${C}`, 'parse-error', 'invalid query name'],
  [`ep.east.db.testns.svc.${C}`, 'zone', ''],
  [`ep.east.db.testns.svc.${C}`, 'cluster', 'east'],
]

for (const [title, option, cases] of [
  ['the metadata of kubernetes', '', rows],
  ['the metadata of kubernetes with the option zonal', 'zonal', zonalRows],
] as const) {
  describe(title, () => metadataSuite(option, cases))
}

function metadataSuite(option: string, cases: typeof rows): void {
  let directory = ''
  let plugin: PluginUnderTest
  let reader: MetadataReader
  before(async () => {
    directory = clusterDirectory()
    const probe: AnyPlugin = definePlugin<null>({
      name: 'probe',
      once: true,
      parse: () => null,
      build(_, next, env) {
        env.onStartup(() => {
          reader = env.offers(metadataReader)[0]!
        })
        return next
      },
    })
    const lines = `manifests ${directory}
pods verified
multicluster clusterset.local
${option}`
    const text = `metadata
kubernetes cluster.local clusterset.local in-addr.arpa {
${lines}
}
probe`
    plugin = buildPlugin(metadata, text, { plugins: [metadata, kubernetes, probe] })
    await plugin.instance.hooks.run('startup')
  })
  after(async () => {
    await plugin.instance.hooks.run('shutdown')
    rmSync(directory, { recursive: true })
  })
  for (const [name, label, value] of cases) {
    it(`kubernetes/${label} of ${name}`, () => {
      assert.equal(reader.read(`kubernetes/${label}`, makeQuery(name, 'A')), value)
    })
  }

  it('knows nothing of a client that is no pod', () => {
    assert.equal(reader.read('kubernetes/client-namespace', makeQuery('a.', 'A', { client: '192.0.2.9' })), null)
  })
}
