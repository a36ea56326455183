import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin } from '#plugin/define.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import type { Ask } from '#test/support/client.ts'
import { decode, exchange, queryOctets } from '#test/support/client.ts'
import { silentPeer } from '#test/support/peer.ts'
import { SeededRandom } from '#test/support/random.ts'
import { bootServer } from '#test/support/server.ts'
import { Flag, MAX_MESSAGE_OCTETS, Rcode, Type } from '#wire/constants.ts'
import { encodeMessage } from '#wire/encode.ts'
import type { Message } from '#wire/message.ts'
import { name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'
import { formatRecord, parseRecord } from '#wire/text.ts'

/** Random replies to compare; a reply takes about a tenth of a millisecond. */
const RUNS = 2000
/** Most octets that are sent over UDP whatever the asker says, so that nothing is fragmented (RFC 9715). */
const MAX_UDP_OCTETS = 1232

/** The reply that the server gives to everything. */
let prepared: Reply = failure(Rcode.SERVFAIL)
const answering = definePlugin<null>({
  name: 'answering',
  once: true,
  parse: () => null,
  build: () => () => prepared,
})

test('RFC 2181 section 9, RFC 9715: a UDP reply of any records and any size is whole or says TC', async t => {
  const server = await bootServer('. {\n answering\n}\n', { plugins: [answering] })
  t.after(() => server.close())
  const responder = server.runtime.responders()[0]!
  const random = new SeededRandom()
  const out = new Uint8Array(MAX_MESSAGE_OCTETS)
  const counts = { whole: 0, truncated: 0 }
  for (let run = 0; run < RUNS; run++) {
    const isStream = random.below(5) === 0
    const ask: Ask = {
      edns: random.below(4) > 0,
      bufsize: random.pick([0, 511, 512, 513, 1231, 1232, 1233, 4096, 65535, random.below(2000)]),
      dnssecOk: random.below(2) === 0,
    }
    prepared = randomReply(random, isStream)
    const query = queryOctets('big.example', 'A', ask)
    const length = responder.answer(query, 0, query.length, PEER, isStream, out, 0)
    const context = `seed ${random.seed}, run ${run}`
    const limit = isStream ? MAX_MESSAGE_OCTETS : udpLimit(ask)
    assert.ok(length <= limit, `${context}: ${length} octets, where ${limit} are the limit`)
    const received = decode(out.slice(0, length))
    assert.equal(received.edns !== null, ask.edns, `${context}: OPT in the reply if and only if in the query`)
    const { answer, authority, additional } = prepared
    const sections = [answer, authority, additional]
    const whole = { ...received, flags: received.flags & ~Flag.TC, answer, authority, additional }
    const fits = sizeOf(whole) <= limit
    assert.equal((received.flags & Flag.TC) === 0, fits, `${context}: TC if and only if something is left out`)
    counts[fits ? 'whole' : 'truncated']++
    assertPrefix(received, sections, fits, context)
  }
  t.diagnostic(`seed ${random.seed}: ${JSON.stringify(counts)}`)
  assert.ok(counts.whole > 100 && counts.truncated > 100)
})

test('a reply beyond 65535 octets says TC over TCP too, and is as long as whole records make it', async t => {
  const server = await bootServer('. {\n answering\n}\n', { plugins: [answering] })
  t.after(() => server.close())
  const answer = Array.from({ length: 5000 }, (_, i) => record(`big.example. 5 IN A 10.0.${i >> 8}.${i & 255}`))
  prepared = reply('answering', { answer })
  const octets = await exchange(server.port, queryOctets('big.example', 'A'), { tcp: true })
  const { flags, answer: received, edns } = decode(octets)
  assert.ok((flags & Flag.TC) !== 0 && edns !== null)
  assert.ok(octets.length > MAX_MESSAGE_OCTETS - 16 && octets.length <= MAX_MESSAGE_OCTETS)
  assert.deepEqual(received.map(formatRecord), answer.slice(0, received.length).map(formatRecord))
})

function udpLimit({ edns, bufsize = 512 }: Ask): number {
  return edns === false ? 512 : Math.min(MAX_UDP_OCTETS, Math.max(512, bufsize))
}

function sizeOf(message: Message): number {
  const octets = encodeMessage(message)
  return (octets[2]! & 2) === 0 ? octets.length : Number.POSITIVE_INFINITY
}

/** What was received is what there was, up to the record where it ends. */
function assertPrefix(
  received: Message,
  sections: readonly (readonly ResourceRecord[])[],
  fits: boolean,
  context: string,
): void {
  const got = [received.answer, received.authority, received.additional]
  const ended = sections.findIndex((records, i) => got[i]!.length < records.length)
  assert.equal(ended < 0, fits, context)
  for (const [i, records] of sections.entries()) {
    if (ended >= 0 && i > ended) assert.equal(got[i]!.length, 0, `${context}: nothing follows what was left out`)
    assert.deepEqual(got[i]!.map(formatRecord), records.slice(0, got[i]!.length).map(formatRecord), context)
  }
}

function randomReply(random: SeededRandom, isStream: boolean): Reply {
  const most = isStream && random.below(3) === 0 ? 900 : random.pick([1, 5, 20, 60])
  const section = (limit: number) => Array.from({ length: random.below(limit + 1) }, () => randomRecord(random))
  return reply('answering', { answer: section(most), authority: section(3), additional: section(most >> 1) })
}

function randomRecord(random: SeededRandom): ResourceRecord {
  const owner = random.pick(['big.example', `h${random.below(9)}.big.example`, 'x'.repeat(63), '.'])
  const number = random.below(256)
  return random.pick([
    () => record(`${owner} 5 IN A 10.0.0.${number}`),
    () => record(`${owner} 5 IN AAAA 2001:db8::${number.toString(16)}`),
    () => record(`${owner} 5 IN SRV 0 0 80 h${number}.big.example.`),
    () => record(`${owner} 5 IN MX 10 mail${number}.BIG.example.`),
    () => record(`${owner} 5 IN TXT "${'t'.repeat(number)}"`),
    () => new ResourceRecord(name(owner), Type.TXT, 1, 5, text(random.below(20))),
    () => new ResourceRecord(name(owner), 65_280, 1, 5, new Uint8Array(random.below(600))),
  ])()
}

/** TXT data of `count` strings of 255 octets, or one empty string. */
function text(count: number): Uint8Array {
  const rdata = new Uint8Array(count * 256 || 1)
  for (let i = 0; i < count; i++) rdata[i * 256] = 255
  return rdata
}

function record(presentation: string): ResourceRecord {
  const parsed = parseRecord(presentation, name('.'))
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

const PEER = silentPeer()
