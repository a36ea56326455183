/**
 * The codec against two libraries that were written by others.
 *
 * What they get wrong, and so is left out here:
 * - dns-packet 5.6 reads names and texts as UTF-8, so octets above 127 are lost; it knows no escapes, so neither are dots
 *   in labels kept; it gives the mnemonic UNKNOWN_n to types such as SVCB and passes their data on as it is; for mDNS it
 *   takes the top bit of a class away (QU, cache flush); it writes no compressed names, so its messages are longer; its
 *   EDNS options come back as objects of many kinds; it refuses to write an SSHFP whose length is not its hash's.
 * - dns2 3.1 joins labels with dots without escapes; it reads texts as UTF-8; it compresses names regardless of letter
 *   case, so that the case of a later name is lost, and in SRV data too (against RFC 3597); it clears the Z bit, limits
 *   TTLs and the times of an SOA to 31 bits when it writes them, and skips EDNS options that it does not know.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { messages, plainName } from '#test/fuzz/wire-arbitrary.ts'
import { SeededRandom } from '#test/support/random.ts'
import { Flag, Type, typeName } from '#wire/constants.ts'
import { decodeMessage } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import type { Message } from '#wire/message.ts'
import { formatName } from '#wire/name.ts'
import { formatRdata } from '#wire/rdata/text.ts'
import type { ResourceRecord } from '#wire/record.ts'

const RUNS = Math.ceil(Number(process.env['NODENS_FUZZ_RUNS'] ?? 20_000) / 40)

type Fields = Readonly<Record<string, unknown>>
interface ForeignRecord {
  readonly name: string
  readonly type: string | number
  readonly ttl: number
}
interface DnsPacket {
  decode(octets: Uint8Array): { readonly answers: readonly (ForeignRecord & { readonly data: unknown })[] }
  encode(message: unknown): Uint8Array
}
interface Dns2 {
  readonly Packet: {
    parse(octets: Buffer): {
      readonly answers: readonly (ForeignRecord & Fields)[]
      readonly errors: readonly Error[]
      toBuffer(): Buffer
    }
  }
}

const require = createRequire(import.meta.url)
const dnsPacket = require('dns-packet') as DnsPacket
const dns2 = require('dns2') as Dns2

/** How dns-packet's data reads as presentation text, for the types that it decodes into fields of text and numbers. */
const dnsPacketTexts: Readonly<Record<number, (data: Fields & string) => string>> = {
  [Type.A]: data => data,
  [Type.NS]: dotted,
  [Type.CNAME]: dotted,
  [Type.PTR]: dotted,
  [Type.DNAME]: dotted,
  [Type.MX]: data => `${data['preference']} ${dotted(data['exchange'])}`,
  [Type.SRV]: data => `${data['priority']} ${data['weight']} ${data['port']} ${dotted(data['target'])}`,
  [Type.SOA]: data =>
    `${dotted(data['mname'])} ${dotted(data['rname'])} ${data['serial']} ${data['refresh']} ${data['retry']} ${data['expire']} ${data['minimum']}`,
  [Type.RP]: data => `${dotted(data['mbox'])} ${dotted(data['txt'])}`,
  [Type.DS]: data => `${data['keyTag']} ${data['algorithm']} ${data['digestType']} ${hex(data['digest'])}`,
  [Type.TLSA]: data => `${data['usage']} ${data['selector']} ${data['matchingType']} ${hex(data['certificate'])}`,
}

/** How dns2's fields read as presentation text. */
const dns2Texts: Readonly<Record<number, (record: Fields) => string>> = {
  [Type.A]: record => String(record['address']),
  [Type.NS]: record => dotted(record['ns']),
  [Type.CNAME]: record => dotted(record['domain']),
  [Type.PTR]: record => dotted(record['domain']),
  [Type.MX]: record => `${record['priority']} ${dotted(record['exchange'])}`,
  [Type.SRV]: record => `${record['priority']} ${record['weight']} ${record['port']} ${dotted(record['target'])}`,
  [Type.SOA]: record =>
    `${dotted(record['primary'])} ${dotted(record['admin'])} ${record['serial']} ${record['refresh']} ${record['retry']} ${record['expiration']} ${record['minimum']}`,
}

test('dns-packet reads what the encoder writes, and the decoder what dns-packet writes', () => {
  check(numbers(dnsPacketTexts), message => {
    const foreign = dnsPacket.decode(Buffer.from(encodeMessage(message)))
    sameRecords(message, foreign.answers, record => dnsPacketTexts[typeOf(record)]!(record.data as Fields & string))
    assert.deepEqual(decodeMessage(dnsPacket.encode(foreign)), message)
  })
})

test('dns2 reads what the encoder writes', () => {
  check(numbers(dns2Texts), message => {
    const foreign = dns2.Packet.parse(Buffer.from(encodeMessage(message)))
    assert.deepEqual(foreign.errors, [])
    sameRecords(message, foreign.answers, record => dns2Texts[typeOf(record)]!(record))
  })
})

test('the decoder reads what dns2 writes', () => {
  const types = numbers(dns2Texts).filter(type => type !== Type.SOA)
  check(types, message => {
    const foreign = dns2.Packet.parse(Buffer.from(encodeMessage(message)))
    assert.deepEqual(decodeMessage(foreign.toBuffer()), message)
  })
})

function check(types: readonly number[], property: (message: Message) => void): void {
  const arbitrary = messages(types, plainName).map(message => ({
    ...message,
    flags: message.flags & ~Flag.Z,
    opcode: 0,
    rcode: message.rcode & 3,
    edns: null,
  }))
  fc.assert(fc.property(arbitrary, property), { seed: new SeededRandom().seed, numRuns: RUNS })
}

function sameRecords<T extends ForeignRecord>(
  message: Message,
  foreign: readonly T[],
  text: (record: T) => string,
): void {
  assert.deepEqual(
    foreign.map(record => [dotted(record.name), record.ttl, text(record)]),
    message.answer.map(record => [formatName(record.owner), record.ttlSeconds, rdataText(record)]),
  )
}

function rdataText(record: ResourceRecord): string {
  return formatRdata(record.type, record.rdata)
}

function typeOf(record: ForeignRecord): number {
  if (typeof record.type === 'number') return record.type
  return Object.values(Type).find(type => typeName(type) === record.type)!
}

function dotted(name: unknown): string {
  return name === '.' || name === '' ? '.' : `${name}.`
}

function hex(octets: unknown): string {
  return Buffer.from(octets as Uint8Array)
    .toString('hex')
    .toUpperCase()
}

function numbers(texts: Readonly<Record<number, unknown>>): number[] {
  return Object.keys(texts).map(Number)
}
