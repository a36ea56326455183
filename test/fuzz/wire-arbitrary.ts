import fc from 'fast-check'
import { dataSpecs } from '#test/support/slow-codec.ts'
import { Flag, Opcode, Rcode, Type } from '#wire/constants.ts'
import type { Edns } from '#wire/edns.ts'
import type { Message, Question } from '#wire/message.ts'
import type { Name } from '#wire/name.ts'
import { name, prependLabels, ROOT } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

const OPAQUE_TYPE = 65280
const SUFFIXES = ['.', 'com.', 'example.com.', 'EXAMPLE.com.', 'a.b.example.com.', 'ip6.arpa.'].map(name)

const label = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('www', 'WWW', 'a', 'b', '_tcp', 'example', 'ns1') },
  { weight: 1, arbitrary: octets(1, 63).map(latin1) },
)

/** Names of any octets, many with ends in common. */
export const anyName: fc.Arbitrary<Name> = fc
  .tuple(fc.array(label, { maxLength: 4 }), fc.constantFrom(...SUFFIXES))
  .map(([labels, suffix]) => fitting(labels, suffix))

/** Names of letters and digits, which every library can take. */
export const plainName: fc.Arbitrary<Name> = fc
  .tuple(
    fc.array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/), { maxLength: 4 }),
    fc.constantFrom(...SUFFIXES.filter(suffix => suffix !== name('EXAMPLE.com.') && suffix !== ROOT)),
  )
  .map(([labels, suffix]) => fitting(labels, suffix))

/** Well-formed records of the types given, with names from `names`. */
export function records(types: readonly number[], names: fc.Arbitrary<Name>): fc.Arbitrary<ResourceRecord> {
  return fc
    .constantFrom(...types)
    .chain(type =>
      fc
        .tuple(names, fc.constantFrom(1, 1, 1, 3, 4), fc.nat(0x7fffffff), data(dataSpecs[type] ?? '*', names))
        .map(([owner, class_, ttl, rdata]) => new ResourceRecord(owner, type, class_, ttl, Uint8Array.from(rdata))),
    )
}

const edns: fc.Arbitrary<Edns> = fc.record(
  {
    version: fc.constantFrom(0, 0, 1, 255),
    udpSizeOctets: fc.nat(0xffff),
    dnssecOk: fc.boolean(),
    options: fc.array(
      fc.tuple(fc.nat(0xffff), octets(0, 40)).map(([code, data]) => ({ code, data })),
      { maxLength: 4 },
    ),
  },
  { noNullPrototype: true },
)

const params: fc.Arbitrary<number[]> = fc
  .tuple(
    fc.option(fc.array(octets(1, 20), { minLength: 1, maxLength: 3 })),
    fc.boolean(),
    fc.option(octets(2, 2)),
    fc.option(octets(4, 4)),
    fc.option(octets(16, 16)),
    fc.option(octets(0, 30)),
  )
  .map(([alpn, noDefault, port, ipv4, ipv6, other]) => [
    ...(alpn === null
      ? []
      : param(
          1,
          alpn.flatMap(id => [id.length, ...id]),
        )),
    ...(noDefault && alpn !== null ? param(2, []) : []),
    ...(port === null ? [] : param(3, [...port])),
    ...(ipv4 === null ? [] : param(4, [...ipv4])),
    ...(ipv6 === null ? [] : param(6, [...ipv6])),
    ...(other === null ? [] : param(667, [...other])),
  ])

/** Well-formed messages with records of every type. */
export const anyMessage: fc.Arbitrary<Message> = messages(
  [...Object.keys(dataSpecs).map(Number), OPAQUE_TYPE].filter(type => type !== Type.OPT),
  anyName,
)

/** Well-formed messages with records of the types given. */
export function messages(types: readonly number[], names: fc.Arbitrary<Name>): fc.Arbitrary<Message> {
  const section = fc.array(records(types, names), { maxLength: 5 })
  return fc
    .record({
      id: fc.nat(0xffff),
      flags: fc.subarray(Object.values(Flag)).map(bits => bits.reduce((word, bit) => word | bit, 0)),
      opcode: fc.constantFrom(...Object.values(Opcode)),
      rcode: fc.constantFrom(...Object.values(Rcode)),
      questions: fc.array(question(names), { maxLength: 2 }),
      answer: section,
      authority: section,
      additional: section,
      edns: fc.option(edns),
    })
    .map(message => ({ ...message, rcode: message.edns === null ? message.rcode & 15 : message.rcode }))
}

function question(names: fc.Arbitrary<Name>): fc.Arbitrary<Question> {
  return fc.record({ name: names, type: fc.nat(0xffff), class: fc.constantFrom(1, 3, 255) }, { noNullPrototype: true })
}

function data(spec: string, names: fc.Arbitrary<Name>): fc.Arbitrary<number[]> {
  return fc.tuple(...[...spec].map(kind => field(kind, names))).map(fields => fields.flat())
}

function field(kind: string, names: fc.Arbitrary<Name>): fc.Arbitrary<number[]> {
  const text = octets(0, 80).map(value => [value.length, ...value])
  switch (kind) {
    case 'n':
    case 'N':
      return names.map(value => [...Buffer.from(value, 'latin1')])
    case 's':
      return text
    case 'S':
      return fc.array(text, { minLength: 1, maxLength: 3 }).map(texts => texts.flat())
    case '*':
      return octets(1, 80).map(value => [...value])
    case 'w':
      return octets(0, 80).map(value => [0, value.length, ...value])
    case 't':
      return fc.stringMatching(/^[a-z0-9]{1,15}$/).map(value => [value.length, ...Buffer.from(value)])
    case 'b':
      return fc.uniqueArray(fc.nat(255), { maxLength: 3 }).chain(bitmap)
    case 'p':
      return params
    case 'L':
      return fc
        .tuple(fc.constantFrom(0x12, 0x16, 0x13, 0x00, 0x99), octets(12, 12))
        .map(([size, rest]) => [0, size, 0x16, 0x13, ...rest])
    default:
      return octets(Number(kind), Number(kind)).map(value => [...value])
  }
}

function bitmap(windows: number[]): fc.Arbitrary<number[]> {
  const blocks = windows
    .sort((a, b) => a - b)
    .map(window =>
      fc
        .tuple(octets(0, 31), fc.integer({ min: 1, max: 255 }))
        .map(([bits, last]) => [window, bits.length + 1, ...bits, last]),
    )
  return fc.tuple(...blocks).map(parts => parts.flat())
}

function param(key: number, value: number[]): number[] {
  return [key >> 8, key & 255, value.length >> 8, value.length & 255, ...value]
}

function octets(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength })
}

/** As many of the labels, from the right, as a name can hold. */
function fitting(labels: readonly string[], suffix: Name): Name {
  for (let from = 0; from < labels.length; from++) {
    const fits = prependLabels(labels.slice(from), suffix)
    if (fits !== null) return fits
  }
  return suffix
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value).toString('latin1')
}
