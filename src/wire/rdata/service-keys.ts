import { quotedText } from '#wire/escape.ts'
import { ipv4Octets, ipv4Text, ipv6Octets, ipv6Text } from '#wire/rdata/address.ts'
import { BASE64 } from '#wire/rdata/encoding.ts'

/** How the value of one parameter of an SVCB record stands on the wire and reads (RFC 9460 section 14.3.2). */
export interface ServiceKey {
  readonly name: string
  isValid(value: Uint8Array): boolean
  /** What follows the equals sign; `null` when nothing does, not even that. */
  format(value: Uint8Array): string | null
  /** The wire form of the value, its escapes already resolved; `null` if it is none. */
  parse(value: Uint8Array): Uint8Array | null
}

const COMMA = 0x2c
const BACKSLASH = 0x5c
const MANDATORY = 0

const mandatory: ServiceKey = {
  name: 'mandatory',
  isValid: value => value.length > 0 && value.length % 2 === 0 && isRising(numbers(value)),
  format: value => numbers(value).map(serviceKeyName).join(','),
  parse(value) {
    const keys = textOf(value).split(',').map(serviceKeyNumber).sort(byNumber)
    return keys.every(key => key > MANDATORY) ? Uint8Array.from(keys.flatMap(key => [key >> 8, key & 0xff])) : null
  },
}

const alpn: ServiceKey = {
  name: 'alpn',
  isValid: isProtocolList,
  format(value) {
    const escaped: number[] = []
    for (let at = 0; at < value.length; at += 1 + value[at]!) {
      if (at > 0) escaped.push(COMMA)
      for (const octet of value.subarray(at + 1, at + 1 + value[at]!)) {
        if (octet === COMMA || octet === BACKSLASH) escaped.push(BACKSLASH)
        escaped.push(octet)
      }
    }
    return quotedText(Uint8Array.from(escaped), 0, escaped.length)
  },
  parse(value) {
    const items = splitList(value)
    return items === null ? null : Uint8Array.from(items.flatMap(item => [item.length, ...item]))
  },
}

const port: ServiceKey = {
  name: 'port',
  isValid: value => value.length === 2,
  format: value => String((value[0]! << 8) | value[1]!),
  parse(value) {
    const number = /^\d{1,5}$/.test(textOf(value)) ? Number(textOf(value)) : Number.NaN
    return number <= 0xffff ? Uint8Array.of(number >> 8, number & 0xff) : null
  },
}

const ech: ServiceKey = {
  name: 'ech',
  isValid: value => value.length > 0,
  format: value => BASE64.format(value),
  parse: value => BASE64.parse(textOf(value)),
}

/** The parameters with a form of their own, by number. */
const SERVICE_KEYS: ReadonlyMap<number, ServiceKey> = new Map([
  [MANDATORY, mandatory],
  [1, alpn],
  [2, flag('no-default-alpn')],
  [3, port],
  [4, hint('ipv4hint', 4, ipv4Text, ipv4Octets)],
  [5, ech],
  [6, hint('ipv6hint', 16, ipv6Text, ipv6Octets)],
  [7, text('dohpath')],
  [8, flag('ohttp')],
])

const numbersByName = new Map([...SERVICE_KEYS].map(([number, key]) => [key.name, number]))

/** The key with this number; any value is valid for one that has no form of its own. */
export function serviceKey(number: number): ServiceKey {
  return SERVICE_KEYS.get(number) ?? text(`key${number}`)
}

/** The number of a key's name or `key123`; NaN when it is neither, or is `key65535`, which is reserved. */
export function serviceKeyNumber(name: string): number {
  const known = numbersByName.get(name)
  if (known !== undefined) return known
  const number = /^key(?:0|[1-9]\d{0,4})$/.test(name) ? Number(name.slice(3)) : Number.NaN
  return number < 0xffff ? number : Number.NaN
}

function serviceKeyName(number: number): string {
  return serviceKey(number).name
}

function flag(name: string): ServiceKey {
  return {
    name,
    isValid: value => value.length === 0,
    format: () => null,
    parse: value => (value.length === 0 ? value : null),
  }
}

function text(name: string): ServiceKey {
  return {
    name,
    isValid: () => true,
    format: value => (value.length === 0 ? null : quotedText(value, 0, value.length)),
    parse: value => value,
  }
}

function hint(
  name: string,
  octetCount: number,
  format: (octets: Uint8Array, at: number) => string,
  parse: (text: string) => Uint8Array | null,
): ServiceKey {
  return {
    name,
    isValid: value => value.length > 0 && value.length % octetCount === 0,
    format(value) {
      const addresses: string[] = []
      for (let at = 0; at < value.length; at += octetCount) addresses.push(format(value, at))
      return addresses.join(',')
    },
    parse(value) {
      const addresses = textOf(value).split(',').map(parse)
      return addresses.includes(null) ? null : Buffer.concat(addresses.map(address => address!))
    },
  }
}

function isProtocolList(value: Uint8Array): boolean {
  let at = 0
  while (at < value.length) {
    if (value[at] === 0) return false
    at += 1 + value[at]!
  }
  return at === value.length && at > 0
}

/** The items of a list with commas (RFC 9460 appendix A.1), in which a backslash takes the octet after it as it is. */
function splitList(value: Uint8Array): number[][] | null {
  const items: number[][] = [[]]
  for (let at = 0; at < value.length; at++) {
    if (value[at] === COMMA) {
      items.push([])
      continue
    }
    if (value[at] === BACKSLASH) at++
    if (at === value.length) return null
    items.at(-1)!.push(value[at]!)
  }
  return items.every(item => item.length > 0 && item.length <= 255) ? items : null
}

function numbers(value: Uint8Array): number[] {
  const result: number[] = []
  for (let at = 0; at < value.length; at += 2) result.push((value[at]! << 8) | value[at + 1]!)
  return result
}

function isRising(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value > values[i - 1]!)
}

function byNumber(a: number, b: number): number {
  return a - b
}

function textOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1')
}
