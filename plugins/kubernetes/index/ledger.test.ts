import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'
import { Ledger } from '#plugins/kubernetes/index/ledger.ts'

const namespace = (name: string): Delta => ({ kind: 'namespace', key: name, object: { name } })
const pod = (ip: string): Delta => ({ kind: 'pod', key: 'web/a', object: { namespace: 'web', name: 'a', ip } })
const gone = (name: string): Delta => ({ kind: 'namespace', key: name, object: null })

test('a ledger that was told nothing says nothing', () => {
  assert.equal(new Ledger().all(), null)
})

test('all is the last state of each object, the time of the last change, and whether everything has been sent', () => {
  const ledger = new Ledger()
  ledger.add({ atSeconds: 5, deltas: [namespace('a'), namespace('b')], synced: false })
  assert.equal(ledger.all()?.synced, false)
  ledger.add({ atSeconds: 7, deltas: [gone('a'), namespace('c')], synced: true })
  ledger.add({ atSeconds: 9, deltas: [], synced: false })
  assert.deepEqual(ledger.all(), {
    atSeconds: 7,
    clustersetAtSeconds: 7,
    deltas: [namespace('b'), namespace('c')],
    synced: false,
  })
})

test('pods are told too, as they are by then', () => {
  const ledger = new Ledger()
  ledger.add({ atSeconds: 5, deltas: [pod('10.0.0.1'), namespace('web')], synced: true })
  ledger.add({ atSeconds: 6, deltas: [pod('10.0.0.2')], synced: true })
  assert.deepEqual(ledger.all()?.deltas, [namespace('web'), pod('10.0.0.2')])
  ledger.add({ atSeconds: 7, deltas: [{ kind: 'pod', key: 'web/a', object: null }], synced: true })
  assert.deepEqual(ledger.all()?.deltas, [namespace('web')])
})

test('an empty cluster is something to tell', () => {
  const ledger = new Ledger()
  ledger.add({ atSeconds: 5, deltas: [], synced: true })
  assert.deepEqual(ledger.all(), { atSeconds: 0, clustersetAtSeconds: 0, deltas: [], synced: true })
})

test('an index that starts late has the serials of the others', () => {
  const ledger = new Ledger()
  const early = new Cluster({ namespaces: null, endpointPodNames: false })
  const state = { namespace: 'a', name: 's', kind: 'address' as const, addresses: [], externalName: '', ports: [] }
  for (const [atSeconds, delta] of [
    [5, namespace('a')],
    [6, { kind: 'import', key: 'a/s', object: state }],
    [7, { kind: 'import', key: 'a/s', object: null }],
    [8, { kind: 'service', key: 'a/s', object: state }],
  ] as const) {
    const batch = { atSeconds, deltas: [delta], synced: true }
    ledger.add(batch)
    early.apply(batch)
  }
  const late = new Cluster({ namespaces: null, endpointPodNames: false })
  late.apply(ledger.all()!)
  assert.deepEqual([early.serial, early.clusterset.serial], [8, 7])
  assert.deepEqual([late.serial, late.clusterset.serial], [8, 7])
})
