import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { PodState } from '#plugins/kubernetes/index/delta.ts'
import { Pods } from '#plugins/kubernetes/index/pods.ts'
import { SeededRandom } from '#test/support/random.ts'

/** Address texts and the keys that they are found by. */
const ADDRESSES = new Map([
  ['10.0.0.1', '10.0.0.1'],
  ['10.0.0.2', '10.0.0.2'],
  ['fd00::1', 'fd00::1'],
  ['FD00:0::1', 'fd00::1'],
  ['nonsense', ''],
  ['', ''],
])

const pod = fc.record(
  {
    namespace: fc.constantFrom('default', 'web'),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    ip: fc.constantFrom(...ADDRESSES.keys()),
    labels: fc.constantFrom({ app: 'x' }, { app: 'y' }),
  },
  { requiredKeys: ['namespace', 'name', 'ip'], noNullPrototype: true },
) as fc.Arbitrary<PodState>
const steps = fc.array(fc.record({ pod, isGone: fc.boolean() }), { maxLength: 100 })

describe('Pods', () => {
  it('are found as in a list of objects, after any stream of changes', () => {
    fc.assert(
      fc.property(steps, list => {
        const pods = new Pods()
        let slow: PodState[] = []
        for (const { pod, isGone } of list) {
          const key = `${pod.namespace}/${pod.name}`
          slow = slow.filter(({ namespace, name }) => `${namespace}/${name}` !== key)
          pods.apply(key, isGone ? null : structuredClone(pod))
          if (!isGone) slow.push(pod)
          assert.deepEqual(pods.get(key), isGone ? undefined : pod)
          for (const address of ['10.0.0.1', '10.0.0.2', 'fd00::1', '192.0.2.1']) {
            const there = slow.filter(({ ip }) => ADDRESSES.get(ip) === address)
            assert.deepEqual(pods.at(address), there)
            for (const namespace of ['default', 'web']) {
              const isThere = there.some(each => each.namespace === namespace)
              assert.equal(
                pods.isAt(address, name => name === namespace),
                isThere,
              )
            }
          }
          const all = new Map(slow.map(each => [`${each.namespace}/${each.name}`, each]))
          assert.deepEqual(new Map(pods.all()), all)
          const addresses = new Set(slow.map(({ ip }) => ADDRESSES.get(ip)!).filter(key => key !== ''))
          assert.equal(pods.size, slow.length + addresses.size)
        }
      }),
      { numRuns: 300, seed: new SeededRandom().seed },
    )
  })
})
