import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rdataSamples } from '#test/fuzz/wire-samples.ts'
import { dataSpecs } from '#test/support/slow-codec.ts'
import { Class, Type, typeName, typeNumber } from '#wire/constants.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import { name } from '#wire/name.ts'
import { compressedNameCount, octetsBeforeNames } from '#wire/rdata/compressed.ts'
import { NameUse } from '#wire/rdata/field.ts'
import { knownTypes, layoutOf } from '#wire/rdata/layouts.ts'
import { formatRdata, parseRdata } from '#wire/rdata/text.ts'
import { isValidRdata } from '#wire/rdata/validate.ts'
import { splitWords } from '#wire/rdata/words.ts'
import { ResourceRecord } from '#wire/record.ts'

const ORIGIN = name('example.com')

function parse(type: string, text: string): Uint8Array | string {
  const words = splitWords(text)
  return typeof words === 'string' ? words : parseRdata(typeNumber(type)!, words, ORIGIN)
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

for (const { type, text, hex, printed } of rdataSamples) {
  const number = typeNumber(type)!
  const rdata = octetsOf(hex)

  test(`${type} ${text.slice(0, 60)}: text and wire form belong together`, () => {
    assert.deepEqual(parse(type, text), rdata)
    assert.equal(formatRdata(number, rdata), printed)
    assert.deepEqual(parse(type, printed), rdata)
    assert.ok(isValidRdata(number, rdata))
  })

  test(`${type} ${text.slice(0, 60)}: is read as generic data too (RFC 3597 section 5)`, () => {
    assert.deepEqual(parse(type, `\\# ${rdata.length} ${hex}`), rdata)
    assert.equal(typeof parse(type, `\\# ${rdata.length + 1} ${hex}`), 'string')
  })

  test(`${type} ${text.slice(0, 60)}: every shorter form is read or refused, and never read beyond its end`, () => {
    for (let length = 0; length < rdata.length; length++) {
      const cut = rdata.slice(0, length)
      const isValid = isValidRdata(number, cut)
      if (!isValid) assert.match(formatRdata(number, cut), /^\\# /)
      // Without the parameters that it calls mandatory, data is met on the wire but refused as text.
      else if (!printed.includes('mandatory=')) assert.deepEqual(parse(type, formatRdata(number, cut)), cut)
      const owner = name('x')
      const record = new ResourceRecord(owner, number, Class.IN, 0, cut)
      const message = { id: 0, flags: 0, opcode: 0, rcode: 0, questions: [], authority: [], additional: [], edns: null }
      const decoded = decodeMessage(encodeMessage({ ...message, answer: [record] }))
      assert.equal(isWireFailure(decoded), !isValid, `${length} octets`)
      if (!isWireFailure(decoded)) assert.deepEqual(decoded.answer, [record])
    }
  })
}

test('every type with a layout has a sample and a description in the slow twin', () => {
  const sampled = new Set(rdataSamples.map(sample => typeNumber(sample.type)))
  const missing = knownTypes().filter(type => type !== Type.OPT && !sampled.has(type))
  assert.deepEqual(missing.map(typeName), [])
  assert.deepEqual(knownTypes().sort(byNumber), Object.keys(dataSpecs).map(Number).sort(byNumber))
})

test('names in data are compressed for the types of RFC 1035 alone', () => {
  const compressed = knownTypes().filter(type => layoutOf(type)!.some(field => field.nameUse === NameUse.COMPRESSED))
  assert.deepEqual(compressed.map(typeName), ['NS', 'MD', 'MF', 'CNAME', 'SOA', 'MB', 'MG', 'MR', 'PTR', 'MINFO', 'MX'])
  for (let type = 0; type < 300; type++) {
    const fields = layoutOf(type) ?? []
    assert.equal(compressedNameCount(type), fields.filter(field => field.nameUse === NameUse.COMPRESSED).length)
  }
  assert.equal(octetsBeforeNames(Type.MX), 2)
  assert.equal(octetsBeforeNames(Type.SOA), 0)
})

test('relative names are completed with the origin', () => {
  assert.deepEqual(parse('MX', '10 mail'), parse('MX', '10 mail.example.com.'))
  assert.deepEqual(parse('NS', '@'), parse('NS', 'example.com.'))
})

const refused: readonly [type: string, text: string, error: RegExp][] = [
  ['A', '', /an IPv4 address is missing/],
  ['A', '1.2.3', /not an IPv4 address: '1\.2\.3'/],
  ['A', '1.2.3.256', /not an IPv4 address/],
  ['A', '1.2.3.4 5', /nothing is expected at '5'/],
  ['A', '::1', /not an IPv4 address/],
  ['AAAA', '1.2.3.4', /not an IPv6 address/],
  ['AAAA', 'fe80::1%eth0', /not an IPv6 address/],
  ['NS', '', /a domain name is missing/],
  ['NS', 'a..b', /a domain name is not a domain name: 'a\.\.b'/],
  ['MX', 'x mail', /not a number from 0 to 65535: 'x'/],
  ['MX', '65536 mail', /not a number from 0 to 65535/],
  ['MX', '-1 mail', /not a number/],
  ['MX', '10', /a domain name is missing/],
  ['SOA', 'a. b. 1 2 3 4', /a time is missing/],
  ['SOA', 'a. b. 4294967296 2 3 4 5', /not a number from 0 to 4294967295/],
  ['SOA', 'a. b. 1 8000w 3 4 5', /not a time/],
  ['TXT', '', /a text is missing/],
  ['TXT', `"${'a'.repeat(256)}"`, /more than 255 octets/],
  ['TXT', '"a\\300"', /wrong escape/],
  ['TXT', '"a', /quote not closed/],
  ['TXT', '( "a"', /'\(' not closed/],
  ['TXT', '"a" )', /'\)' without '\('/],
  ['HINFO', '"a"', /a text is missing/],
  ['CAA', '0 is-sue "x"', /not a tag/],
  ['CAA', '256 issue "x"', /from 0 to 255/],
  ['DS', '1 8 2 0', /not data in hexadecimal digits/],
  ['DS', '1 8 2', /not data in hexadecimal digits/],
  ['DS', '1 NOSUCH 2 00', /neither a known name nor a number from 0 to 255: 'NOSUCH'/],
  ['DNSKEY', '256 3 8 A', /not data in base 64/],
  ['RRSIG', 'A 8 2 60 20240230000000 20240101000000 1 . AA==', /not a time as YYYYMMDDHHmmSS/],
  ['RRSIG', 'NOTYPE 8 2 60 20240201000000 20240101000000 1 . AA==', /not a record type: 'NOTYPE'/],
  ['NSEC', 'a. A NOTYPE', /not a record type/],
  ['NSEC3', '1 0 1 - w', /not up to 255 octets in base 32 hex/],
  ['NSEC3', '1 0 1 abc 00', /in hexadecimal digits/],
  ['LOC', '91 N 0 E 0m', /followed by N or S/],
  ['LOC', '1 60 N 0 E 0m', /followed by N or S/],
  ['LOC', '1 N 181 E 0m', /followed by E or W/],
  ['LOC', '1 N 1 E', /a distance is missing/],
  ['LOC', '1 N 1 E -100000.01m', /not a distance/],
  ['EUI48', '00-00-5e-00-53', /not 6 octets/],
  ['EUI48', '0-00-5e-00-53-2a', /not 6 octets/],
  ['NID', '1 0014:4fff:ff20', /not 8 octets/],
  ['TSIG', 'a. 1 1 3 AAA= 1 NOERROR 0', /not 3 octets in base 64/],
  ['OPT', 'x', /OPT is not written in text/],
  ['TYPE999', '1.2.3.4', /\\# LENGTH HEX/],
  ['A', '\\# 5 0102030405', /malformed data/],
  ['A', '\\# 4 010203', /as many octets/],
  ['A', '\\# x', /as many octets/],
  // The malformed records of RFC 9460 appendix D.3, and a few more.
  ['SVCB', '1 foo key123=abc key123=def', /given twice/],
  ['SVCB', '1 foo mandatory', /wrong value of 'mandatory'/],
  ['SVCB', '1 foo alpn', /wrong value of 'alpn'/],
  ['SVCB', '1 foo port', /wrong value of 'port'/],
  ['SVCB', '1 foo ipv4hint', /wrong value of 'ipv4hint'/],
  ['SVCB', '1 foo ipv6hint', /wrong value of 'ipv6hint'/],
  ['SVCB', '1 foo no-default-alpn=abc', /wrong value of 'no-default-alpn'/],
  ['SVCB', '1 foo mandatory=key123', /mandatory parameter 'key123' is missing/],
  ['SVCB', '1 foo mandatory=mandatory', /wrong value of 'mandatory'/],
  ['SVCB', '1 foo mandatory=key123,key123 key123=abc', /wrong value of 'mandatory'/],
  ['SVCB', '1 foo no-default-alpn', /'no-default-alpn' needs 'alpn'/],
  ['SVCB', '1 foo alpn=h2,', /wrong value of 'alpn'/],
  ['SVCB', '1 foo port=65536', /wrong value of 'port'/],
  ['SVCB', '1 foo key65535=x', /not a service parameter: 'key65535'/],
  ['SVCB', '1 foo key01=x', /not a service parameter: 'key01'/],
  ['SVCB', '1 foo nosuch=x', /not a service parameter: 'nosuch'/],
]

test('text that is not of its type is refused in words', () => {
  for (const [type, text, error] of refused) {
    const result = parse(type, text)
    assert.equal(typeof result, 'string', `${type} ${text}`)
    assert.match(result as string, error)
  }
})

const malformed: readonly [type: string, hex: string, why: string][] = [
  ['A', '0102030405', 'too long'],
  ['NS', '0161000161', 'octets after the name'],
  ['NS', '4061', 'a label type that there is not'],
  ['TXT', '0261', 'a string beyond the end'],
  ['CAA', '000000', 'an empty tag'],
  ['CAA', '00012d00', 'a tag that is not of letters and digits'],
  ['LOC', `01${'00'.repeat(15)}`, 'a version that there is not'],
  ['LOC', `00a0${'00'.repeat(14)}`, 'a mantissa above 9'],
  ['NSEC', '000000', 'a window without octets'],
  ['NSEC', `000021${'01'.repeat(33)}`, 'a window of more than 32 octets'],
  ['NSEC', '00010101000101', 'windows not in rising order'],
  ['SVCB', '000100000300020035000300020035', 'a key twice'],
  ['SVCB', '00010000030002003500010003026832', 'keys not in rising order'],
  ['SVCB', '00010000030001ff', 'a port of one octet'],
  ['SVCB', '000100000400020102', 'half an address'],
  ['SVCB', '0001000001000100', 'an empty protocol'],
  ['SVCB', '000100000100020568', 'a protocol beyond its value'],
  ['SVCB', '00010000020001ff', 'a flag with a value'],
  ['SVCB', '00010000000003000100', 'half a mandatory key'],
]

test('data that is not of its type is refused', () => {
  for (const [type, hex, why] of malformed) {
    assert.ok(!isValidRdata(typeNumber(type)!, octetsOf(hex)), `${type}: ${why}`)
  }
})

test('data without text is printed as generic', () => {
  assert.equal(formatRdata(Type.TXT, new Uint8Array(0)), '\\# 0')
  assert.equal(formatRdata(Type.DS, octetsOf('00010801')), '\\# 4 00010801')
  assert.equal(formatRdata(Type.OPT, octetsOf('00030000')), '\\# 4 00030000')
  assert.equal(
    formatRdata(Type.LOC, octetsOf('00121613ffffffff8000000000989680')),
    '\\# 16 00121613FFFFFFFF8000000000989680',
  )
})

test('octets that cannot be read as text are escaped, in strings and in parameters', () => {
  assert.equal(formatRdata(Type.TXT, octetsOf('0622 5c00ff7f20'.replaceAll(' ', ''))), '"\\"\\\\\\000\\255\\127 "')
  assert.equal(formatRdata(Type.SVCB, octetsOf('000100029b000322200a')), '1 . key667="\\" \\010"')
})

function byNumber(a: number, b: number): number {
  return a - b
}
