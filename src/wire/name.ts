/**
 * Domain names as their wire octets.
 *
 * A name is held as a string with one char (0..255) for each octet of its uncompressed wire form, the root label
 * included: `www.example` is `\x03www\x07example\x00`. So any octet can stand in a label, two names are equal when
 * `===` says so, and a name can be a Map key, be sliced at a label start, and be copied to a message as it is.
 */
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '#wire/constants.ts'

declare const nameBrand: unique symbol
declare const foldedBrand: unique symbol

/** A domain name in wire form, letter case as received (RFC 1035 section 3.1). */
export type Name = string & { readonly [nameBrand]: true }
/** A name whose ASCII letters are lower case: the form in which names are compared and looked up (RFC 4343). */
export type FoldedName = Name & { readonly [foldedBrand]: true }

/** The root name. */
export const ROOT: FoldedName = '\0' as FoldedName

/** Reads presentation text (`www.example.com`, final dot optional, `\.` and `\DDD` escapes); `null` if it is no name. */
export function parseName(text: string): Name | null {
  if (text === '.') return ROOT
  if (text === '') return null
  let wire = ''
  let label = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '.') {
      if (label === '' || label.length > MAX_LABEL_OCTETS) return null
      wire += String.fromCharCode(label.length) + label
      label = ''
    } else if (char === '\\') {
      const octet = escapedOctet(text, i + 1)
      if (octet === undefined) return null
      label += String.fromCharCode(octet.value)
      i += octet.length
    } else {
      label += char.charCodeAt(0) <= 0x7f ? char : utf8Octets(text, i)
      if (isHighSurrogate(text.charCodeAt(i))) i++
    }
  }
  if (label.length > MAX_LABEL_OCTETS) return null
  if (label !== '') wire += String.fromCharCode(label.length) + label
  wire += '\0'
  return wire.length <= MAX_NAME_OCTETS ? (wire as Name) : null
}

/** Reads presentation text that the program itself wrote. Throws a TypeError if it is no name. */
export function name(text: string): Name {
  const parsed = parseName(text)
  if (parsed === null) throw new TypeError(`Cannot read name: '${text}' is not a domain name`)
  return parsed
}

/** Presentation text with the final dot; octets that would be misread are escaped (RFC 1035 section 5.1). */
export function formatName(wire: Name): string {
  if (wire.length === 1) return '.'
  let text = ''
  for (let at = 0; at < wire.length - 1; ) {
    const end = at + 1 + wire.charCodeAt(at)
    for (let i = at + 1; i < end; i++) text += presentation(wire.charCodeAt(i))
    text += '.'
    at = end
  }
  return text
}

/** The same name with ASCII letters in lower case; returns its argument when there is nothing to fold. */
export function foldName(wire: Name): FoldedName {
  for (let i = 0; i < wire.length; i++) {
    const octet = wire.charCodeAt(i)
    // A length octet is at most 63, below 'A', so folding the whole string cannot change one.
    if (octet >= 0x41 && octet <= 0x5a) return foldFrom(wire, i)
  }
  return wire as FoldedName
}

/** Whether `child` is `zone` or lies below it. Both must be folded, or both as received for an exact match. */
export function isSubdomain(child: Name, zone: Name): boolean {
  const cut = child.length - zone.length
  if (cut < 0 || !child.endsWith(zone)) return false
  let at = 0
  while (at < cut) at += 1 + child.charCodeAt(at)
  return at === cut
}

/** The name without its first label; the root for the root. */
export function parentName<N extends Name>(wire: N): N {
  return wire.length === 1 ? wire : (wire.slice(1 + wire.charCodeAt(0)) as N)
}

/** How many labels a name has, the root label not counted. */
export function labelCount(wire: Name): number {
  let count = 0
  for (let at = 0; wire.charCodeAt(at) !== 0; at += 1 + wire.charCodeAt(at)) count++
  return count
}

/** The labels from left to right, one char an octet, the root label left out. */
export function labelsOf(wire: Name): string[] {
  const labels: string[] = []
  for (let at = 0; wire.charCodeAt(at) !== 0; ) {
    const end = at + 1 + wire.charCodeAt(at)
    labels.push(wire.slice(at + 1, end))
    at = end
  }
  return labels
}

/** `labels` (one char an octet) put before `suffix`; `null` when a label is empty or too long, or the name is. */
export function prependLabels(labels: readonly string[], suffix: Name): Name | null {
  let wire = ''
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL_OCTETS) return null
    wire += String.fromCharCode(label.length) + label
  }
  wire += suffix
  return wire.length <= MAX_NAME_OCTETS ? (wire as Name) : null
}

/** The name in `octets` from `start` to `end`, which hold a valid uncompressed name. */
export function nameFromOctets(octets: Uint8Array, start = 0, end: number = octets.length): Name {
  return Buffer.from(octets.buffer, octets.byteOffset + start, end - start).toString('latin1') as Name
}

/** The name's octets, in a buffer of its own. */
export function nameToOctets(wire: Name): Uint8Array {
  return Buffer.from(wire, 'latin1')
}

/** Canonical DNSSEC order (RFC 4034 section 6.1) of two folded names: negative, zero or positive. */
export function compareNames(a: FoldedName, b: FoldedName): number {
  const left = labelsOf(a).reverse()
  const right = labelsOf(b).reverse()
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1
  }
  return left.length - right.length
}

function foldFrom(wire: Name, from: number): FoldedName {
  let folded = wire.slice(0, from)
  for (let i = from; i < wire.length; i++) {
    const octet = wire.charCodeAt(i)
    folded += octet >= 0x41 && octet <= 0x5a ? String.fromCharCode(octet + 0x20) : wire[i]
  }
  return folded as FoldedName
}

function presentation(octet: number): string {
  const char = String.fromCharCode(octet)
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`
  return '.\\"();@$'.includes(char) ? `\\${char}` : char
}

/** The octet that an escape stands for, and how many chars of text after the backslash spell it. */
function escapedOctet(text: string, at: number): { value: number; length: number } | undefined {
  const digits = /^\d{3}/.exec(text.slice(at, at + 3))
  if (digits !== null) {
    const value = Number(digits[0])
    return value <= 255 ? { value, length: 3 } : undefined
  }
  const code = text.charCodeAt(at)
  if (Number.isNaN(code) || code > 0x7f || (code >= 0x30 && code <= 0x39)) return undefined
  return { value: code, length: 1 }
}

function utf8Octets(text: string, at: number): string {
  return Buffer.from(String.fromCodePoint(text.codePointAt(at)!), 'utf8').toString('latin1')
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
