import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { fingerprintOf, NO_FINGERPRINT } from '#plugins/kubernetes/api/fingerprint.ts'
import { Held } from '#plugins/kubernetes/api/held.ts'
import type { PodState } from '#plugins/kubernetes/index/delta.ts'
import { SeededRandom } from '#test/support/random.ts'
import { SlowHeld } from '#test/support/slow-held.ts'

/** Pods as their octets would say it: `revision` is in the octets and is nothing to DNS. */
const object = fc.record({
  name: fc.constantFrom(...Array.from({ length: 12 }, (_, i) => `pod-${i}`)),
  ip: fc.constantFrom('', 'leaving', '10.0.0.1', '10.0.0.2', '10.0.0.3'),
  revision: fc.integer({ min: 1, max: 3 }),
})
const step = fc.oneof(
  { weight: 8, arbitrary: object.map(value => ({ what: 'listed' as const, value })) },
  { weight: 4, arbitrary: object.map(value => ({ what: 'put' as const, value })) },
  { weight: 2, arbitrary: object.map(value => ({ what: 'removed' as const, value })) },
  { weight: 1, arbitrary: object.map(value => ({ what: 'adopted' as const, value })) },
  { weight: 1, arbitrary: object.map(value => ({ what: 'list begins' as const, value })) },
  { weight: 1, arbitrary: object.map(value => ({ what: 'list ends' as const, value })) },
  { weight: 1, arbitrary: object.map(value => ({ what: 'handed over' as const, value })) },
)

function stateOf({ name, ip }: { name: string; ip: string }): PodState | null | undefined {
  if (ip === 'leaving') return undefined
  return ip === '' ? null : { namespace: 'default', name, ip }
}

describe('Held', () => {
  it('finds news and what is gone as a Map of states would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        let held = new Held('pod', true)
        const slow = new SlowHeld('pod')
        for (const { what, value } of steps) {
          const key = `default/${value.name}`
          const octets = fingerprintOf(JSON.stringify(value))
          switch (what) {
            case 'listed':
              if (held.isHeld(octets)) assert.equal(slow.put(key, stateOf(value)), null)
              else assert.deepEqual(held.put(key, stateOf(value), octets), slow.put(key, stateOf(value)))
              break
            case 'put':
              assert.deepEqual(held.put(key, stateOf(value), octets), slow.put(key, stateOf(value)))
              break
            case 'removed':
              assert.deepEqual(held.remove(key), slow.remove(key))
              break
            case 'adopted': {
              const state = { namespace: 'default', name: value.name, ip: '10.0.0.9' }
              assert.deepEqual(held.adopt(key, JSON.stringify(state)), slow.adopt(key, state))
              break
            }
            case 'list begins':
              held.beginRelist()
              slow.beginRelist()
              break
            case 'list ends':
              assert.deepEqual(held.unlisted().sort(), slow.unlisted().sort())
              break
            case 'handed over': {
              // A list under way is begun anew by whoever goes on.
              slow.unlisted()
              const before = held
              held = new Held('pod', true)
              for (const object of before.objects()) held.restore(structuredClone(object))
              for (const known of [...steps].map(({ value }) => fingerprintOf(JSON.stringify(value)))) {
                assert.equal(held.isHeld(known), before.isHeld(known))
              }
            }
          }
          assert.equal(held.size, slow.states.size)
        }
        assert.deepEqual(held.keys().sort(), [...slow.states.keys()].sort())
        assert.deepEqual([...held.states()].sort(), [...slow.states.values()].sort())
      }),
      { numRuns: 3000, seed: new SeededRandom().seed },
    )
  })

  it('does not miss in a list what was listed as it leaves before a snapshot told of it', () => {
    const held = new Held('pod', false)
    const state: PodState = { namespace: 'default', name: 'a', ip: '10.0.0.1' }
    held.beginRelist()
    held.put('default/a', undefined, NO_FINGERPRINT)
    held.adopt('default/a', JSON.stringify(state))
    assert.deepEqual(held.unlisted(), [])
    held.beginRelist()
    assert.deepEqual(held.unlisted(), ['default/a'])
  })

  it('knows an object that is listed again by its octets, until they or the object change', () => {
    const held = new Held('pod', false)
    const state: PodState = { namespace: 'default', name: 'a', ip: '10.0.0.1' }
    const [first, second] = [fingerprintOf('{"a":1}'), fingerprintOf('{"a":2}')]
    held.put('default/a', state, first)
    assert.deepEqual([held.isHeld(first), held.isHeld(second), held.isHeld(NO_FINGERPRINT)], [true, false, false])
    assert.equal(held.put('default/a', state, second), null, 'nothing new in it for DNS')
    assert.deepEqual([held.isHeld(first), held.isHeld(second)], [false, true])
    held.remove('default/a')
    assert.equal(held.isHeld(second), false)
    assert.deepEqual([...held.states()], [])
  })
})
