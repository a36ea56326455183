/**
 * The slow, obvious twin of `#wire/encode.ts` and `#wire/decode.ts`: plain arrays, no budgets, no sharing, and record data
 * by its own description of the types. Tests compare the two.
 */
import { Class, Type } from '#wire/constants.ts'
import type { Edns } from '#wire/edns.ts'
import type { Message, Question } from '#wire/message.ts'
import type { Name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/**
 * Record data of each type, a letter for each field: `n` name that may be compressed, `N` name that may not, digit number
 * of so many octets, `s` character-string, `S` character-strings to the end, `*` octets to the end, `w` octets behind a
 * 16-bit length, `b` type bitmap, `t` tag, `p` service parameters, `o` EDNS options, `L` location.
 */
export const dataSpecs: Readonly<Record<number, string>> = {
  [Type.A]: '4',
  [Type.NS]: 'n',
  [Type.MD]: 'n',
  [Type.MF]: 'n',
  [Type.CNAME]: 'n',
  [Type.SOA]: 'nn44444',
  [Type.MB]: 'n',
  [Type.MG]: 'n',
  [Type.MR]: 'n',
  [Type.PTR]: 'n',
  [Type.HINFO]: 'ss',
  [Type.MINFO]: 'nn',
  [Type.MX]: '2n',
  [Type.TXT]: 'S',
  [Type.RP]: 'NN',
  [Type.AFSDB]: '2N',
  [Type.RT]: '2N',
  [Type.SIG]: '2114442N*',
  [Type.KEY]: '211*',
  [Type.AAAA]: '4444',
  [Type.LOC]: 'L',
  [Type.SRV]: '222N',
  [Type.NAPTR]: '22sssN',
  [Type.KX]: '2N',
  [Type.CERT]: '221*',
  [Type.DNAME]: 'N',
  [Type.OPT]: 'o',
  [Type.DS]: '211*',
  [Type.SSHFP]: '11*',
  [Type.RRSIG]: '2114442N*',
  [Type.NSEC]: 'Nb',
  [Type.DNSKEY]: '211*',
  [Type.DHCID]: '*',
  [Type.NSEC3]: '112ssb',
  [Type.NSEC3PARAM]: '112s',
  [Type.TLSA]: '111*',
  [Type.SMIMEA]: '111*',
  [Type.CDS]: '211*',
  [Type.CDNSKEY]: '211*',
  [Type.OPENPGPKEY]: '*',
  [Type.CSYNC]: '42b',
  [Type.ZONEMD]: '411*',
  [Type.SVCB]: '2Np',
  [Type.HTTPS]: '2Np',
  [Type.SPF]: 'S',
  [Type.NID]: '244',
  [Type.L32]: '24',
  [Type.L64]: '244',
  [Type.LP]: '2N',
  [Type.EUI48]: '6',
  [Type.EUI64]: '44',
  [Type.TKEY]: 'N4422ww',
  [Type.TSIG]: 'N62w22w',
  [Type.URI]: '22*',
  [Type.CAA]: '1t*',
  [Type.DLV]: '211*',
}

/** What cannot be decoded; caught by `slowDecode`. */
class Malformed extends Error {}

/** The wire form of a message of any length, as `encodeMessage` writes it. */
export function slowEncode(message: Message): Uint8Array {
  const { questions, answer, authority, additional, edns, rcode } = message
  const out: number[] = []
  const places = new Map<string, number>()
  out.push(...u16(message.id), ...u16(message.flags | (message.opcode << 11) | (rcode & 15)))
  const counts = [questions.length, answer.length, authority.length, additional.length + (edns === null ? 0 : 1)]
  out.push(...counts.flatMap(u16))
  for (const { name, type, class: class_ } of questions) {
    putName(out, name, places)
    out.push(...u16(type), ...u16(class_))
  }
  for (const record of [...answer, ...authority, ...additional]) {
    putName(out, record.owner, places)
    out.push(...u16(record.type), ...u16(record.class), ...u32(record.ttlSeconds))
    const lengthAt = out.push(0, 0) - 2
    putData(out, record, places)
    out.splice(lengthAt, 2, ...u16(out.length - lengthAt - 2))
  }
  if (edns !== null) out.push(...optOctets(edns, rcode))
  return Uint8Array.from(out)
}

/** A message read from its wire form; `null` when it is malformed. */
export function slowDecode(octets: Uint8Array): Message | null {
  try {
    return decode([...octets])
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}

function putName(out: number[], name: string, places: Map<string, number>): void {
  for (let at = 0; at < name.length - 1; at += 1 + name.charCodeAt(at)) {
    const suffix = name.slice(at)
    const place = places.get(suffix)
    if (place !== undefined) {
      out.push(...u16(0xc000 | place))
      return
    }
    if (out.length <= 0x3fff) places.set(suffix, out.length)
    out.push(...latin1(name.slice(at, at + 1 + name.charCodeAt(at))))
  }
  out.push(0)
}

function putData(out: number[], record: ResourceRecord, places: Map<string, number>): void {
  const rdata = [...record.rdata]
  const spec = dataSpecs[record.type] ?? '*'
  const fields = spec.includes('n') ? splitData(spec, rdata) : null
  if (fields === null) {
    out.push(...rdata)
    return
  }
  for (const [i, field] of fields.entries()) {
    if (spec[i] === 'n') putName(out, String.fromCharCode(...field), places)
    else out.push(...field)
  }
}

function optOctets({ options, udpSizeOctets, version, dnssecOk }: Edns, rcode: number): number[] {
  const data = options.flatMap(option => [...u16(option.code), ...u16(option.data.length), ...option.data])
  const flags = dnssecOk ? 0x8000 : 0
  return [0, ...u16(Type.OPT), ...u16(udpSizeOctets), rcode >> 4, version, ...u16(flags), ...u16(data.length), ...data]
}

function decode(octets: number[]): Message {
  need(octets.length >= 12)
  const word = read(octets, 2, 2)
  let at = 12
  let edns: Edns | null = null
  let extendedRcode = 0
  const questions: Question[] = []
  for (let count = read(octets, 4, 2); count > 0; count--) {
    const { name, next } = readName(octets, at, octets.length)
    questions.push({ name, type: read(octets, next, 2), class: read(octets, next + 2, 2) })
    at = next + 4
  }
  const sections = [1, 2, 3].map(section => {
    const records: ResourceRecord[] = []
    for (let count = read(octets, 4 + 2 * section, 2); count > 0; count--) {
      const { name: owner, next } = readName(octets, at, octets.length)
      const type = read(octets, next, 2)
      const class_ = read(octets, next + 2, 2)
      const ttl = read(octets, next + 4, 4)
      const start = next + 10
      at = start + read(octets, next + 8, 2)
      need(at <= octets.length)
      if (type === Type.OPT) {
        need(section === 3 && owner === '\0' && edns === null)
        extendedRcode = octets[next + 4]!
        const options = splitOptions(octets.slice(start, at)).map(option => ({
          code: read(option, 0, 2),
          data: Uint8Array.from(option.slice(4)),
        }))
        need(options.length <= 32)
        edns = { version: octets[next + 5]!, udpSizeOctets: class_, dnssecOk: (ttl & 0x8000) !== 0, options }
        continue
      }
      const isBare = at === start && (class_ === Class.ANY || class_ === Class.NONE)
      const rdata = isBare ? [] : readData(octets, dataSpecs[type] ?? '*', start, at)
      records.push(new ResourceRecord(owner, type, class_, ttl > 0x7fffffff ? 0 : ttl, Uint8Array.from(rdata)))
    }
    return records
  })
  return {
    id: read(octets, 0, 2),
    flags: word & 0x87f0,
    opcode: (word >> 11) & 15,
    rcode: extendedRcode * 16 + (word & 15),
    questions,
    answer: sections[0]!,
    authority: sections[1]!,
    additional: sections[2]!,
    edns,
  }
}

function readName(octets: number[], at: number, end: number): { name: Name; next: number } {
  const start = at
  let name = ''
  for (;;) {
    need(at < end)
    const octet = octets[at]!
    if (octet === 0) break
    if (octet >= 0xc0) {
      need(at + 2 <= end)
      const target = read(octets, at, 2) - 0xc000
      need(target < start && target >= 12)
      name += readName(octets, target, octets.length).name
      need(name.length <= 255)
      return { name: name as Name, next: at + 2 }
    }
    need(octet <= 63 && at + 1 + octet <= end)
    name += String.fromCharCode(...octets.slice(at, at + 1 + octet))
    need(name.length < 255)
    at += 1 + octet
  }
  return { name: `${name}\0` as Name, next: at + 1 }
}

/** The data from `start` to `end` with its names written out. */
function readData(octets: number[], spec: string, start: number, end: number): number[] {
  const data: number[] = []
  let at = start
  for (const kind of spec) {
    if (kind === 'n' || kind === 'N') {
      const { name, next } = readName(octets, at, end)
      data.push(...latin1(name))
      at = next
    } else {
      const length = fieldOctets(kind, octets.slice(at, end))
      data.push(...octets.slice(at, at + length))
      at += length
    }
  }
  need(at === end && data.length <= 0xffff)
  return data
}

/** Uncompressed data as its fields; `null` if it is malformed. */
function splitData(spec: string, data: number[]): number[][] | null {
  try {
    let rest = data
    const fields = [...spec].map(kind => {
      const length = kind === 'n' || kind === 'N' ? plainNameOctets(rest) : fieldOctets(kind, rest)
      const field = rest.slice(0, length)
      rest = rest.slice(length)
      return field
    })
    return rest.length === 0 ? fields : null
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}

function plainNameOctets(data: number[]): number {
  let at = 0
  while (data[at] !== 0) {
    need(at < data.length && data[at]! <= 63)
    at += 1 + data[at]!
  }
  need(at < 255)
  return at + 1
}

function fieldOctets(kind: string, data: number[]): number {
  switch (kind) {
    case '*':
      return data.length
    case 's':
      need(data.length > 0 && data.length > data[0]!)
      return 1 + data[0]!
    case 'S':
      for (let at = 0; at < data.length; ) at += fieldOctets('s', data.slice(at))
      return data.length
    case 't':
      need(data[0]! > 0)
      need(/^[a-z0-9]+$/i.test(String.fromCharCode(...data.slice(1, 1 + data[0]!))))
      return fieldOctets('s', data)
    case 'w':
      need(data.length >= 2 && data.length >= 2 + read(data, 0, 2))
      return 2 + read(data, 0, 2)
    case 'b':
      checkBitmap(data)
      return data.length
    case 'o':
      splitOptions(data)
      return data.length
    case 'p':
      checkParams(splitOptions(data))
      return data.length
    case 'L':
      need(data.length >= 16 && data[0] === 0)
      need(data.slice(1, 4).every(size => /^\d?\d$/.test(size.toString(16))))
      return 16
    default:
      need(data.length >= Number(kind))
      return Number(kind)
  }
}

function checkBitmap(data: number[]): void {
  let previous = -1
  for (let at = 0; at < data.length; at += 2 + data[at + 1]!) {
    need(data[at]! > previous && data[at + 1]! >= 1 && data[at + 1]! <= 32)
    need(at + 2 + data[at + 1]! <= data.length)
    previous = data[at]!
  }
}

function checkParams(params: number[][]): void {
  let previous = -1
  for (const param of params) {
    const key = read(param, 0, 2)
    const value = param.slice(4)
    need(key > previous)
    previous = key
    if (key === 0) {
      const keys = pairs(value)
      need(keys.length > 0 && keys.every((k, i) => i === 0 || k > keys[i - 1]!))
    }
    if (key === 1) {
      need(value.length > 0)
      for (let at = 0; at < value.length; at += 1 + value[at]!) {
        need(value[at]! > 0 && at + 1 + value[at]! <= value.length)
      }
    }
    if (key === 2 || key === 8) need(value.length === 0)
    if (key === 3) need(value.length === 2)
    if (key === 4) need(value.length > 0 && value.length % 4 === 0)
    if (key === 5) need(value.length > 0)
    if (key === 6) need(value.length > 0 && value.length % 16 === 0)
  }
}

/** Code, length and data, repeated. */
function splitOptions(data: number[]): number[][] {
  const options: number[][] = []
  for (let at = 0; at < data.length; at += options.at(-1)!.length) {
    need(at + 4 <= data.length)
    const length = read(data, at + 2, 2)
    need(at + 4 + length <= data.length)
    options.push(data.slice(at, at + 4 + length))
  }
  return options
}

function pairs(data: number[]): number[] {
  need(data.length % 2 === 0)
  return data.flatMap((_, i) => (i % 2 === 0 ? [read(data, i, 2)] : []))
}

function read(octets: readonly number[], at: number, count: number): number {
  need(at + count <= octets.length)
  return octets.slice(at, at + count).reduce((value, octet) => value * 256 + octet, 0)
}

function u16(value: number): number[] {
  return [(value >> 8) & 255, value & 255]
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)]
}

function latin1(text: string): number[] {
  return [...text].map(char => char.charCodeAt(0))
}

function need(condition: boolean): void {
  if (!condition) throw new Malformed()
}
