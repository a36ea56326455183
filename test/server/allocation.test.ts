import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answerRepeatedly } from '#test/support/answer-repeatedly.ts'
import { octetsEach } from '#test/support/garbage.ts'

/** Few enough that what they allocate fits the young generation: no collection comes between the two readings. */
const QUERIES = 5_000

/** What one query may allocate, in octets. Raise a limit only with the reason for it beside the number. */
const LIMITS: { way: string; packetCache: boolean; name: string; type: string; limitOctets: number }[] = [
  // Nothing, a few collections' own objects aside.
  {
    way: 'from the packet cache',
    packetCache: true,
    name: 'web.default.svc.cluster.local',
    type: 'A',
    limitOctets: 8,
  },
  // The name as a string, folded and as it came, its key in the cache plugin, and what loadbalance and compose need; and
  // the reply with its records, which is made anew: as octets an entry takes half as much memory, and a known one whatever the records are.
  {
    way: 'from the cache plugin',
    packetCache: false,
    name: 'web.default.svc.cluster.local',
    type: 'A',
    limitOctets: 1300,
  },
  {
    way: 'a denial from the cache plugin',
    packetCache: false,
    name: 'no.default.svc.cluster.local',
    type: 'A',
    limitOctets: 1300,
  },
]

describe('a query allocates at most', () => {
  for (const { way, packetCache, name, type, limitOctets } of LIMITS) {
    test(`${limitOctets} octets when it is answered ${way}`, async t => {
      const server = await answerRepeatedly(name, type, packetCache)
      t.after(() => server.close())
      server.answer(50_000) // until everything is compiled
      const octets = octetsEach(QUERIES, () => server.answer(QUERIES))
      t.diagnostic(`${octets.toFixed(1)} octets a query`)
      assert.ok(octets <= limitOctets, `${octets.toFixed(1)} octets a query`)
    })
  }
})
