import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { decode, queryOctets } from '#test/support/client.ts'
import { silentPeer } from '#test/support/peer.ts'
import { FakeClock } from '#test/support/plugin.ts'
import { SeededRandom } from '#test/support/random.ts'
import { cluster, randomCorefile, randomQuestion } from '#test/support/random-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { Flag } from '#wire/constants.ts'
import { formatRecord } from '#wire/text.ts'

/** Queries to compare in all. */
const RUNS = Number(process.env['NODENS_DIFFERENTIAL_RUNS'] ?? 60_000)
const CONFIGURATIONS = 12
const EVENTS = 4

describe('the packet cache', () => {
  for (let i = 0; i < CONFIGURATIONS; i++) {
    test(`changes no answer and no counter: configuration ${i + 1} of ${CONFIGURATIONS}`, async t => {
      const random = new SeededRandom((Date.now() + i * 7919) % 0x7fffffff)
      t.diagnostic(`seed ${random.seed}`)
      const clock = new FakeClock()
      const corefile = randomCorefile(random)
      const files = { 'cluster.json': cluster(0), 'hosts.txt': '10.8.0.1 b.example\n' }
      const cached = await bootServer(corefile, { files, clock, packetCache: true })
      t.after(() => cached.close())
      const plain = await bootServer(corefile, { files, clock, packetCache: false })
      t.after(() => plain.close())
      const servers = [new Asked(cached), new Asked(plain)] as const
      let compared = 0
      for (let event = 1; event <= EVENTS; event++) {
        const before = [cached, plain].map(counters)
        for (let n = 0; n < RUNS / CONFIGURATIONS / EVENTS; n++) {
          if (random.below(20) === 0) clock.advance(random.below(3000))
          const [name, type, how] = randomQuestion(random)
          const octets = queryOctets(name, type, how, random.below(0x10000))
          const replies = servers.map(server => server.ask(octets, how.tcp ?? false))
          const context = `seed ${random.seed}, ${corefile}${name} ${type} ${JSON.stringify(how)}`
          assert.deepEqual(replies[0], replies[1], context)
          compared++
        }
        const [counted, wanted] = [cached, plain].map((server, n) => difference(before[n]!, counters(server)))
        assert.deepEqual(counted, wanted, `seed ${random.seed}, ${corefile}`)
        const text = cluster(event)
        for (const server of [cached, plain]) writeFileSync(join(server.directory, 'cluster.json'), text)
        await Promise.all([cached, plain].map(server => changed(server, event)))
      }
      t.diagnostic(`${compared} queries compared`)
    })
  }
})

/** A server's responder, called as a transport would. */
class Asked {
  readonly #server: TestServer
  readonly #out = new Uint8Array(65535)

  constructor(server: TestServer) {
    this.#server = server
  }

  /**
   * The reply in words, records of a section in an order of their own, the letter case of their names aside (only the
   * question's is the asker's); what a shuffle before truncation left is not told.
   */
  ask(octets: Uint8Array, isStream: boolean): unknown {
    const responder = this.#server.runtime.responders()[0]!
    responder.begin()
    const length = responder.answer(octets, 0, octets.length, PEER, isStream, this.#out, 0)
    if (length === 0) return 'nothing at once'
    const message = decode(this.#out.slice(0, length))
    const isTruncated = (message.flags & Flag.TC) !== 0
    const words = (records: typeof message.answer) =>
      isTruncated ? records.length : records.map(record => formatRecord(record).toLowerCase()).sort()
    const { answer, authority, additional, ...rest } = message
    return { ...rest, answer: words(answer), authority: words(authority), additional: words(additional) }
  }
}

const PEER = silentPeer('10.240.0.1')

/** Waits until a server has seen a change, by names that nobody asked for before: pods of the namespace that it brings. */
async function changed(server: TestServer, event: number): Promise<void> {
  const asked = new Asked(server)
  for (let tries = 0; tries < 3000; tries++) {
    const name = `10-0-${tries >> 8}-${tries & 255}.event-${event}.pod.cluster.local`
    const reply = asked.ask(queryOctets(name, 'A'), true) as { answer: unknown[] }
    if (reply.answer?.length === 1) return
    await new Promise(done => setTimeout(done, 10))
  }
  throw new Error('the change was not seen')
}

/** Every counter of queries and replies, and of what the cache found. */
function counters(server: TestServer): ReadonlyMap<string, number> {
  const wanted =
    /^coredns_(dns_requests|dns_responses|dns_do|dns_response_size|cache_(requests|hits|misses|drops|prefetch|served_stale))/
  const lines = server
    .metrics()
    .split('\n')
    .filter(line => wanted.test(line))
  return new Map(
    lines.map(line => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end).replace(/dns:\/\/[^"]*/, 'dns://'), Number(line.slice(end + 1))]
    }),
  )
}

/** How much each counter went up. */
function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...after]
    .map(([series, value]) => `${series} ${value - (before.get(series) ?? 0)}`)
    .filter(line => !line.endsWith(' 0'))
}
