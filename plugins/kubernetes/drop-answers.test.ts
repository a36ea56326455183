import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnswerCache } from '#plugin/capability.ts'
import { Epochs } from '#plugin/epochs.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure } from '#plugin/reply.ts'
import { untilChanged } from '#plugin/reuse.ts'
import { AnswerDropper } from '#plugins/kubernetes/drop-answers.ts'
import { ClusterAnswers } from '#plugins/kubernetes/handler.ts'
import { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta, EndpointState, PortState } from '#plugins/kubernetes/index/delta.ts'
import { EVERY_OBJECT } from '#plugins/kubernetes/label-selector.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { reverseName } from '#plugins/kubernetes/records/reverse-name.ts'
import { makeQuery, showReply } from '#test/support/plugin.ts'
import { SeededRandom } from '#test/support/random.ts'
import { Rcode } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, formatName, isSubdomain, name } from '#wire/name.ts'

const ZONES = ['cluster.local.', 'clusterset.local.', 'in-addr.arpa.', 'ip6.arpa.'].map(zone => foldName(name(zone)))
const NAMESPACES = ['a', 'b']
const SERVICES = ['web', 'db']
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.1.0.1', '10.1.0.2', 'fd00::1']
const HOSTS = ['', 'db-0', 'db-1']
const CLUSTERS = ['', 'east', 'west']
const PORTS: readonly PortState[] = [
  { name: 'http', protocol: 'TCP', port: 80 },
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: '', protocol: 'TCP', port: 81 },
]
const EXTERNAL_NAMES = [
  'example.org',
  'web.a.svc.cluster.local',
  'z1.pin._zone.web.a.svc.cluster.local',
  'z3.prefer._zone.db.a.svc.cluster.local',
  'web.a.svc.clusterset.local',
  'z1.pin._zone.web.a.svc.clusterset.local',
]
const TOPOLOGY_ZONES = ['', 'z1', 'z2', 'z.one']
const QUESTIONS = questions()

/** Every answer that was ever given, until it is dropped. */
class EndlessCache implements AnswerCache {
  readonly answers = new Map<
    string,
    { readonly name: FoldedName; readonly targets: FoldedName[]; readonly text: string }
  >()
  dropped = 0

  get isEmpty(): boolean {
    return this.answers.size === 0
  }

  track(): void {}

  drop(name: FoldedName): void {
    this.#dropWhere(each => each === name)
  }

  dropBelow(name: FoldedName, isMeant = (_below: FoldedName) => true): void {
    this.#dropWhere(each => isSubdomain(each, name) && isMeant(each))
  }

  #dropWhere(isMeant: (name: FoldedName) => boolean): void {
    for (const [key, { name, targets }] of this.answers) {
      if ([name, ...targets].some(isMeant) && this.answers.delete(key)) this.dropped++
    }
  }
}

describe('AnswerDropper', () => {
  it('leaves no stored answer that is out of date, after any stream of changes', () => {
    const random = new SeededRandom()
    for (let run = 0; run < 12; run++) {
      const options = randomOptions(random)
      const { cluster, cache, apply, ask } = stack(options)
      // So that both serials are the same from now on.
      apply([{ kind: 'namespace', key: 'other', object: { name: 'other' } }])
      for (let step = 0; step < 40; step++) {
        apply(Array.from({ length: 1 + random.below(2) }, () => randomDelta(random)))
        for (const [qname, type] of QUESTIONS) {
          const fresh = ask(qname, type)
          const key = `${qname} ${type}`
          const stored = cache.answers.get(key)
          if (stored !== undefined) assert.equal(stored.text, fresh.text, `${key} (seed ${random.seed}, step ${step})`)
          else cache.answers.set(key, fresh)
        }
      }
      assert.ok(cluster.synced)
    }
  })

  it('drops nothing but what is touched in the zones that a slice from another cluster is about', () => {
    const { cache, apply, ask } = stack(optionsWith({ pods: 'insecure', zonal: true }))
    const slice = (addresses: string[]): Delta => ({
      kind: 'imported-slice',
      key: 'a/web-east',
      object: {
        namespace: 'a',
        name: 'web-east',
        service: 'web',
        cluster: 'east',
        ports: PORTS,
        endpoints: addresses.map(address => ({ address, hostname: '', podName: '', zone: 'z1' })),
      },
    })
    const state = { namespace: 'a', name: 'web', addresses: [], externalName: '', ports: PORTS }
    apply([
      { kind: 'namespace', key: 'a', object: { name: 'a' } },
      { kind: 'service', key: 'a/web', object: { ...state, kind: 'headless' } },
      { kind: 'import', key: 'a/web', object: { ...state, kind: 'headless' } },
      slice(['10.1.0.1']),
    ])
    for (const [qname, type] of QUESTIONS) cache.answers.set(`${qname} ${type}`, ask(qname, type))
    apply([slice(['10.1.0.1', '10.1.0.2'])])
    const gone = QUESTIONS.map(([qname, type]) => `${qname} ${type}`).filter(key => !cache.answers.has(key))
    assert.deepEqual([...new Set(gone.map(key => key.split('.web.')[0]!))].filter(key => !key.includes(' ')).sort(), [
      '10-1-0-2.east',
      '_dns._udp',
      '_http._tcp',
      '_http.tcp',
      '_tcp',
      'http._tcp',
    ])
    assert.ok(gone.every(key => key.includes('web.a.svc.clusterset.local. ')))
  })

  it('drops nothing but what is touched', () => {
    const { cache, apply, ask } = stack(optionsWith({}))
    const endpoint = (address: string): EndpointState => ({ address, hostname: '', podName: '' })
    const slice = (addresses: string[]): Delta => ({
      kind: 'slice',
      key: 'a/web-1',
      object: { namespace: 'a', name: 'web-1', service: 'web', ports: [], endpoints: addresses.map(endpoint) },
    })
    const service: Delta = {
      kind: 'service',
      key: 'a/web',
      object: { namespace: 'a', name: 'web', kind: 'address', addresses: ['10.0.0.1'], externalName: '', ports: PORTS },
    }
    apply([{ kind: 'namespace', key: 'a', object: { name: 'a' } }, service, slice(['10.1.0.1'])])
    for (const [qname, type] of QUESTIONS) cache.answers.set(`${qname} ${type}`, ask(qname, type))
    apply([slice(['10.1.0.1', '10.1.0.2'])])
    const gone = QUESTIONS.map(([qname, type]) => `${qname} ${type}`).filter(key => !cache.answers.has(key))
    assert.deepEqual([...new Set(gone.map(key => key.split(' ')[0]))].sort(), [
      '10-1-0-2.web.a.svc.cluster.local.',
      '2.0.1.10.in-addr.arpa.',
    ])
  })

  it('drops no names by topology zone but those of zones that are touched, and those that have all endpoints instead', () => {
    const { cache, apply, ask } = stack(optionsWith({ zonal: true }))
    const slice = (name: string, service: string, zones: Readonly<Record<string, string>>): Delta => {
      const endpoints = Object.entries(zones).map(([address, zone]) => ({ address, hostname: '', podName: '', zone }))
      return { kind: 'slice', key: `a/${name}`, object: { namespace: 'a', name, service, ports: [], endpoints } }
    }
    const service = (name: string): Delta => {
      const rest = { kind: 'headless', addresses: [], externalName: '', ports: [] } as const
      return { kind: 'service', key: `a/${name}`, object: { namespace: 'a', name, ...rest } }
    }
    apply([{ kind: 'namespace', key: 'a', object: { name: 'a' } }, service('web'), service('db')])
    apply([slice('s1', 'web', { '10.0.0.1': 'z1' }), slice('s2', 'db', { '10.0.0.2': 'z1' })])
    const ZONAL = QUESTIONS.filter(([qname]) => qname.includes('_zone.') && qname.includes('.a.svc.'))
    const goneAfter = (change: Delta): string[] => {
      for (const [qname, type] of ZONAL) cache.answers.set(`${qname} ${type}`, ask(qname, type))
      apply([change])
      const gone = ZONAL.filter(([qname, type]) => !cache.answers.has(`${qname} ${type}`))
      return [...new Set(gone.map(([qname]) => qname.replace('.a.svc.cluster.local.', '')))].sort()
    }
    const otherZones = ['one', 'z.one', 'z3']
    assert.deepEqual(
      goneAfter(slice('s3', 'web', { '10.1.0.1': 'z2' })),
      ['z2.pin._zone.web', 'prefer._zone.web', ...[...otherZones, 'z2'].map(zone => `${zone}.prefer._zone.web`)].sort(),
    )
    assert.deepEqual(
      goneAfter({ kind: 'slice', key: 'a/s1', object: null }),
      ['z1.pin._zone.web', 'prefer._zone.web', ...[...otherZones, 'z1'].map(zone => `${zone}.prefer._zone.web`)].sort(),
    )
    assert.equal(
      goneAfter({ kind: 'service', key: 'a/db', object: null }).every(name => name.endsWith('.db')),
      true,
    )
  })

  it('drops no ExternalName service but those that lead to a topology zone that is touched', () => {
    const { cache, apply, ask } = stack(optionsWith({ zonal: true }))
    const slice = (name: string, address: string, zone: string): Delta => {
      const endpoints = [{ address, hostname: '', podName: '', zone }]
      return { kind: 'slice', key: `a/${name}`, object: { namespace: 'a', name, service: 'web', ports: [], endpoints } }
    }
    const service = (name: string, kind: 'headless' | 'external', externalName: string): Delta => {
      const object = { namespace: 'a', name, kind, addresses: [], externalName, ports: [] }
      return { kind: 'service', key: `a/${name}`, object }
    }
    const names = ['z1.prefer', 'z2.prefer', 'z3.prefer', 'z1.pin', 'z2.pin', 'z3.pin']
    apply([
      { kind: 'namespace', key: 'a', object: { name: 'a' } },
      service('web', 'headless', ''),
      slice('s1', '10.0.0.1', 'z1'),
      ...names.map(name => service(name.replace('.', '-'), 'external', `${name}._zone.web.a.svc.cluster.local`)),
    ])
    const questions = names.map(name => `${name.replace('.', '-')}.a.svc.cluster.local.`)
    for (const qname of questions) cache.answers.set(qname, ask(qname, 'A'))
    apply([slice('s2', '10.0.0.2', 'z2')])
    const gone = questions.filter(qname => !cache.answers.has(qname)).map(qname => qname.split('.')[0])
    assert.deepEqual(gone, ['z2-prefer', 'z3-prefer', 'z2-pin'])
  })
})

interface Stack {
  readonly cluster: Cluster
  readonly cache: EndlessCache
  apply(deltas: readonly Delta[]): void
  ask(qname: string, type: string): { name: FoldedName; targets: FoldedName[]; text: string }
}

function stack(options: KubernetesOptions): Stack {
  const cluster = new Cluster(options)
  const answers = new ClusterAnswers(options, cluster, () => failure(Rcode.REFUSED), untilChanged(new Epochs(), 0))
  const cache = new EndlessCache()
  const dropper = new AnswerDropper(cluster, options, () => [cache])
  return {
    cluster,
    cache,
    apply: deltas => dropper.apply({ atSeconds: 1, deltas, synced: true }),
    ask(qname, type) {
      const query = makeQuery(qname, type)
      const reply = answers.answer(query) as Reply
      const targets = reply.answer
        .filter(({ type }) => type === 5)
        .map(({ rdata }) => foldName(Buffer.from(rdata).toString('latin1') as FoldedName))
      return { name: query.folded, targets, text: showReply(reply).split('\n').sort().join('\n') }
    },
  }
}

function optionsWith(parts: Partial<KubernetesOptions>): KubernetesOptions {
  return {
    zones: ZONES,
    multiclusterZones: [ZONES[1]!],
    primaryZone: ZONES[0]!,
    manifests: [],
    pods: 'disabled',
    endpointPodNames: false,
    ttlSeconds: 5,
    noEndpoints: false,
    ignoreEmptyService: false,
    zonal: false,
    fallthrough: null,
    namespaces: null,
    namespaceLabels: EVERY_OBJECT,
    labels: EVERY_OBJECT,
    selectorTexts: { namespaces: '', objects: '' },
    api: null,
    ...parts,
  }
}

function randomOptions(random: SeededRandom): KubernetesOptions {
  return optionsWith({
    pods: random.pick(['disabled', 'insecure', 'verified']),
    zonal: random.below(3) > 0,
    ignoreEmptyService: random.below(2) === 0,
    namespaces: random.pick([null, ['a']]),
  })
}

function randomDelta(random: SeededRandom): Delta {
  const namespace = random.pick(NAMESPACES)
  const service = random.pick(SERVICES)
  const isGone = random.below(3) === 0
  const some = <T>(items: readonly T[]): T[] => items.filter(() => random.below(2) === 0)
  const ofImport = random.below(2) === 0
  switch (random.below(8)) {
    case 0:
      return { kind: 'namespace', key: namespace, object: isGone ? null : { name: namespace } }
    case 1: {
      const name = random.pick(['p1', 'p2'])
      const ip = random.pick(ADDRESSES)
      return { kind: 'pod', key: `${namespace}/${name}`, object: isGone ? null : { namespace, name, ip } }
    }
    case 2:
    case 3:
    case 4: {
      const kind = random.pick(
        ofImport ? (['address', 'headless'] as const) : (['address', 'headless', 'external'] as const),
      )
      const addresses = kind === 'address' ? some(ADDRESSES.slice(0, 2)) : []
      const externalName = kind === 'external' ? random.pick(EXTERNAL_NAMES) : ''
      const object = { namespace, name: service, kind, addresses, externalName, ports: some(PORTS) }
      const key = `${namespace}/${service}`
      return { kind: ofImport ? 'import' : 'service', key, object: isGone ? null : object }
    }
    default: {
      const name = random.pick(['s1', 's2'])
      const endpoints = some(ADDRESSES).map(address => {
        return { address, hostname: random.pick(HOSTS), podName: '', zone: random.pick(TOPOLOGY_ZONES) }
      })
      const object = { namespace, name, service, ports: some(PORTS), endpoints }
      const key = `${namespace}/${name}`
      if (!ofImport) return { kind: 'slice', key, object: isGone ? null : object }
      const imported = { ...object, cluster: random.pick(CLUSTERS) }
      return { kind: 'imported-slice', key, object: isGone ? null : imported }
    }
  }
}

function questions(): [string, string][] {
  const below = ['', '_tcp.', 'udp.', '_http._tcp.', 'http.tcp.', '_dns._udp.', '_sip._tcp.', 'db-0.', 'db-1.', 'x.']
  const zonal = ['', 'z1.', 'z2.', 'z3.', 'one.', 'z.one.'].flatMap(zone => [
    `${zone}pin._zone.`,
    `${zone}prefer._zone.`,
  ])
  const addresses = ADDRESSES.map(address => `${address.replaceAll(/[.:]/g, '-')}`)
  const imported = [...addresses, 'db-0'].flatMap(endpoint => ['east.', 'west.'].map(each => `${endpoint}.${each}`))
  const namesOf = (zone: string, below: readonly string[]): string[] =>
    NAMESPACES.flatMap(namespace => [
      `${namespace}.svc.${zone}`,
      ...addresses.map(address => `${address}.${namespace}.pod.${zone}`),
      ...SERVICES.flatMap(service =>
        [...below, ...zonal, '_zone.', ...addresses.map(address => `${address}.`)].map(
          first => `${first}${service}.${namespace}.svc.${zone}`,
        ),
      ),
    ])
  const names = [
    ...namesOf('cluster.local.', below),
    ...namesOf('clusterset.local.', [...below, ...imported, '_http.tcp.', 'http._tcp.', 'east.', 'west.']),
  ]
  const reverse = ADDRESSES.map(address => formatName(reverseName(address)!))
  return [
    ...names.flatMap(qname => ['A', 'AAAA', 'SRV', 'CNAME'].map((type): [string, string] => [qname, type])),
    ...reverse.map((qname): [string, string] => [qname, 'PTR']),
  ]
}
