import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { Epochs } from '#plugin/epochs.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure } from '#plugin/reply.ts'
import { untilChanged } from '#plugin/reuse.ts'
import { ClusterAnswers } from '#plugins/kubernetes/handler.ts'
import { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta, DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { EVERY_OBJECT } from '#plugins/kubernetes/label-selector.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { makeQuery, showReply } from '#test/support/plugin.ts'
import { SeededRandom } from '#test/support/random.ts'
import type { SlowAnswer, SlowCluster, SlowOptions } from '#test/support/slow-kubernetes.ts'
import { applySlowly, slowLookup } from '#test/support/slow-kubernetes.ts'
import { Rcode } from '#wire/constants.ts'
import { foldName, name, prependLabels } from '#wire/name.ts'

const ZONE = 'cluster.local.'
const CLUSTERSET = 'clusterset.local.'
const NAMESPACES = ['default', 'web']
const SERVICES = ['a', 'db', 'web']
const ADDRESSES = ['10.96.0.1', '10.244.0.1', '10.244.0.2', '10.244.0.3', 'fd00::', '2001:db8::1']

const port = fc.record({
  name: fc.constantFrom('', 'http', 'dns'),
  protocol: fc.constantFrom('TCP', 'UDP'),
  port: fc.constantFrom(53, 80, 8080),
})
const ports = fc.array(port, { maxLength: 3 })
const namespace = fc.constantFrom(...NAMESPACES)
const address = fc.constantFrom(...ADDRESSES)

const service = fc
  .record({
    namespace,
    name: fc.constantFrom(...SERVICES),
    kind: fc.constantFrom('address' as const, 'headless' as const, 'external' as const),
    addresses: fc.uniqueArray(address, { maxLength: 2 }),
    externalName: fc.constantFrom('example.com', '192.0.2.1'),
    ports,
  })
  .map(state => ({ ...state, addresses: state.kind === 'address' ? state.addresses : [] }))

const slice = fc.record({
  namespace,
  name: fc.constantFrom('s1', 's2', 's3'),
  service: fc.constantFrom(...SERVICES),
  ports,
  endpoints: fc.array(
    fc.record({
      address,
      hostname: fc.constantFrom('', 'db-0', 'Db-1'),
      podName: fc.constantFrom('', 'pod-1', 'pod-2'),
      zone: fc.constantFrom('', 'z1', 'z2', 'z.one'),
    }),
    { maxLength: 4 },
  ),
})

const pod = fc.record({ namespace, name: fc.constantFrom('p1', 'p2', 'p3'), ip: address })

const imported = service.filter(({ kind }) => kind !== 'external').map(state => ({ ...state, externalName: '' }))
const importedSlice = fc
  .tuple(slice, fc.constantFrom('', 'east', 'West', 'db-0'))
  .map(([state, cluster]) => ({ ...state, cluster }))

const delta: fc.Arbitrary<Delta> = fc.oneof(
  { weight: 3, arbitrary: namespace.map(key => ({ kind: 'namespace' as const, key, object: { name: key } })) },
  namespace.map(key => ({ kind: 'namespace' as const, key, object: null })),
  { weight: 4, arbitrary: withDeletes(service, 'service') },
  { weight: 4, arbitrary: withDeletes(slice, 'slice') },
  { weight: 2, arbitrary: withDeletes(pod, 'pod') },
  { weight: 3, arbitrary: withDeletes(imported, 'import') },
  { weight: 4, arbitrary: withDeletes(importedSlice, 'imported-slice') },
) as fc.Arbitrary<Delta>

const batches = fc.array(fc.array(delta, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 })

const options = fc.record({
  zone: fc.constant(ZONE),
  multiclusterZone: fc.constant(CLUSTERSET),
  pods: fc.constantFrom('disabled' as const, 'insecure' as const, 'verified' as const),
  ignoreEmptyService: fc.boolean(),
  zonal: fc.boolean(),
  endpointPodNames: fc.boolean(),
  namespaces: fc.constantFrom(null, ['default'], ['web']),
})

const QUESTIONS = questions()

describe('Cluster', () => {
  it('answers like a filter over lists of objects, after any stream of changes', () => {
    fc.assert(
      fc.property(batches, options, (stream, chosen) => {
        const slow: SlowCluster = {
          namespaces: [],
          services: [],
          slices: [],
          pods: [],
          imports: [],
          'imported-slices': [],
        }
        const cluster = new Cluster(chosen)
        const answers = new ClusterAnswers(
          pluginOptions(chosen),
          cluster,
          () => failure(Rcode.REFUSED),
          untilChanged(new Epochs(), 0),
        )
        for (const [i, deltas] of stream.entries()) {
          const batch: DeltaBatch = { atSeconds: i + 1, deltas: structuredClone(deltas), synced: true }
          applySlowly(slow, batch)
          cluster.apply(batch)
          for (const [qname, type] of QUESTIONS) {
            // Twice: the second reply may be one that was kept.
            for (let round = 0; round < 2; round++) {
              const reply = answers.answer(makeQuery(qname, type)) as Reply
              assert.deepEqual(sections(reply), slowLookup(slow, chosen, qname, type), `${qname} ${type}`)
            }
          }
        }
      }),
      { numRuns: 60, seed: new SeededRandom().seed },
    )
  })

  it('answers every name that the wire can hold, whatever octets are in its labels', () => {
    const word = fc.constantFrom(
      ...[
        'svc',
        'pod',
        'default',
        'a',
        'dns',
        'ns',
        '_tcp',
        '_',
        '__',
        '-',
        '1-2-3-4',
        '--1',
        '_zone',
        'pin',
        'prefer',
      ],
    )
    const octets = fc.string({ unit: fc.nat(255).map(code => String.fromCharCode(code)), minLength: 1, maxLength: 63 })
    const labels = fc.array(fc.oneof(word, word, octets), { maxLength: 120 })
    const suffix = fc.constantFrom(ZONE, CLUSTERSET, 'in-addr.arpa', 'ip6.arpa').map(zone => name(zone))
    const types = fc.constantFrom('A', 'SRV', 'PTR', 'TXT', 'SOA', 'NS', 'ANY')
    const chosen = {
      zone: ZONE,
      multiclusterZone: CLUSTERSET,
      pods: 'insecure',
      ignoreEmptyService: false,
      zonal: true,
      endpointPodNames: false,
      namespaces: null,
    } as const
    const cluster = new Cluster(chosen)
    cluster.apply({
      atSeconds: 1,
      deltas: [{ kind: 'namespace', key: 'default', object: { name: 'default' } }],
      synced: true,
    })
    const answers = new ClusterAnswers(
      pluginOptions(chosen),
      cluster,
      () => failure(Rcode.REFUSED),
      untilChanged(new Epochs(), 0),
    )
    fc.assert(
      fc.property(labels, suffix, types, (list, zone, type) => {
        const query = makeQuery('.', type)
        query.name = prependLabels(list, zone) ?? zone
        query.folded = foldName(query.name)
        const reply = answers.answer(query) as Reply
        assert.ok(reply.rcode === Rcode.NOERROR || reply.rcode === Rcode.NXDOMAIN)
      }),
      { numRuns: 2000, seed: new SeededRandom().seed },
    )
  })

  it('is empty again once everything that came has gone', () => {
    fc.assert(
      fc.property(batches, stream => {
        const cluster = new Cluster({ namespaces: null, endpointPodNames: false })
        const deltas = stream.flat()
        const gone = deltas.map(each => ({ ...each, object: null }))
        cluster.apply({ atSeconds: 1, deltas, synced: true })
        cluster.apply({ atSeconds: 2, deltas: gone, synced: true })
        assert.equal(cluster.entryCount, 0)
      }),
      { numRuns: 100, seed: new SeededRandom().seed },
    )
  })

  it('moves the serial with each change and never back', () => {
    const cluster = new Cluster({ namespaces: null, endpointPodNames: false })
    const deltas: Delta[] = [{ kind: 'namespace', key: 'web', object: { name: 'web' } }]
    assert.equal(cluster.serial, 0)
    cluster.apply({ atSeconds: 100, deltas: [], synced: false })
    assert.equal(cluster.serial, 0)
    cluster.apply({ atSeconds: 100, deltas, synced: false })
    assert.equal(cluster.serial, 100)
    cluster.apply({ atSeconds: 90, deltas, synced: true })
    assert.equal(cluster.serial, 100)
    assert.equal(cluster.synced, true)
  })

  it('has a serial of its own for what is imported, which a namespace moves too', () => {
    const cluster = new Cluster({ namespaces: null, endpointPodNames: false })
    const state = { namespace: 'web', name: 'a', kind: 'address' as const, addresses: [], externalName: '', ports: [] }
    const serials = (delta: Delta, atSeconds: number): number[] => {
      cluster.apply({ atSeconds, deltas: [delta], synced: true })
      return [cluster.serial, cluster.clusterset.serial]
    }
    assert.deepEqual(serials({ kind: 'service', key: 'web/a', object: state }, 10), [10, 0])
    assert.deepEqual(serials({ kind: 'import', key: 'web/a', object: state }, 20), [10, 20])
    assert.deepEqual(serials({ kind: 'namespace', key: 'web', object: { name: 'web' } }, 30), [30, 30])
    assert.deepEqual(serials({ kind: 'import', key: 'web/a', object: null }, 40), [30, 40])
    const slice = { namespace: 'web', name: 's', service: 'a', cluster: 'east', ports: [], endpoints: [] }
    assert.deepEqual(serials({ kind: 'imported-slice', key: 'web/s', object: slice }, 50), [30, 50])
    assert.deepEqual(serials({ kind: 'imported-slice', key: 'web/s', object: slice }, 45), [30, 50])
  })
})

function withDeletes<T extends { namespace: string; name: string }>(
  state: fc.Arbitrary<T>,
  kind: string,
): fc.Arbitrary<{ kind: string; key: string; object: T | null }> {
  return fc.tuple(state, fc.integer({ min: 0, max: 4 })).map(([object, roll]) => ({
    kind,
    key: `${object.namespace}/${object.name}`,
    object: roll === 0 ? null : object,
  }))
}

function questions(): [string, string][] {
  const names = [
    'svc',
    'pod',
    'nope',
    'default.svc',
    'web.pod',
    'other.svc',
    'x.a.b.c.default.svc',
    'z1.pin._zone.a.default.pod',
  ]
  for (const base of NAMESPACES.flatMap(each => SERVICES.map(name => `${name}.${each}.svc`))) {
    const below = ['', '10-244-0-1.', 'fd00--0.', 'db-0.', 'DB-1.', 'pod-1.', '_tcp.', '_http._tcp.', 'http.tcp.']
    below.push(
      'db-0.east.',
      '10-244-0-1.WEST.',
      'db-0.db-0.',
      'db-0._tcp.',
      '_http.tcp.',
      'east.',
      'west.',
      'db-0.north.',
    )
    const zones = ['', 'z1.', 'Z2.', 'z.one.', 'one.', 'z3.', 'x.z1.']
    const zonal = ['pin._zone.', 'prefer._zone.'].flatMap(below => zones.map(zone => zone + below))
    const others = ['_dns._udp.', '_nope._tcp.', '_._tcp.', '_.', 'a.b.c.', '_zone.', 'z1.other._zone.', 'z1.pin.zone.']
    for (const prefix of [...below, ...zonal, ...others]) names.push(prefix + base)
  }
  for (const label of ['10-244-0-1', '10-244-0-9', 'fd00--', '2001-db8--1', '1-2-3', 'x.10-244-0-1', '']) {
    if (label !== '') names.push(`${label}.default.pod`, `${label}.web.pod`)
  }
  const forward = [ZONE, CLUSTERSET].flatMap(zone =>
    names.flatMap(each => ['A', 'AAAA', 'SRV', 'CNAME', 'MX'].map(type => [`${each}.${zone}`, type])),
  )
  const reverse = ['1.0.96.10', '1.0.244.10', '2.0.244.10', '9.0.244.10', '0.244.10', '01.0.244.10'].flatMap(each =>
    ['PTR', 'A'].map(type => [`${each}.in-addr.arpa.`, type]),
  )
  return [...forward, ...reverse] as [string, string][]
}

function sections(reply: Reply): SlowAnswer {
  const lines = showReply(reply).split('\n')
  const of = (section: string): string[] =>
    lines
      .filter(line => line.startsWith(section))
      .map(line => line.slice(section.length))
      .sort()
  assert.equal(of('authority ').length, of('answer ').length === 0 ? 1 : 0)
  return {
    rcode: lines[0]!.split(' ')[0] as SlowAnswer['rcode'],
    answer: of('answer '),
    additional: of('additional '),
  }
}

function pluginOptions(slow: SlowOptions): KubernetesOptions {
  const zones = [ZONE, CLUSTERSET, 'in-addr.arpa.', 'ip6.arpa.'].map(zone => foldName(name(zone)))
  return {
    ...slow,
    zones,
    multiclusterZones: [zones[1]!],
    primaryZone: zones[0]!,
    manifests: [],
    ttlSeconds: 5,
    noEndpoints: false,
    fallthrough: null,
    namespaceLabels: EVERY_OBJECT,
    labels: EVERY_OBJECT,
    selectorTexts: { namespaces: '', objects: '' },
    api: null,
  }
}
