/**
 * Domain names as their wire octets.
 *
 * A name is held as a string with one char (0..255) for each octet of its uncompressed wire form, the root label
 * included: `www.example` is `\x03www\x07example\x00`. So any octet can stand in a label, two names are equal when
 * `===` says so, and a name can be a Map key, be sliced at a label start, and be copied to a message as it is.
 */
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '#wire/constants.ts'
import { decimalEscape, escapeOctet, readEscape } from '#wire/escape.ts'

declare const nameBrand: unique symbol
declare const foldedBrand: unique symbol

/** A domain name in wire form, letter case as received (RFC 1035 section 3.1). */
export type Name = string & { readonly [nameBrand]: true }
/** A name whose ASCII letters are lower case: the form in which names are compared and looked up (RFC 4343). */
export type FoldedName = Name & { readonly [foldedBrand]: true }

const DOT = 0x2e
const BACKSLASH = 0x5c
const SPACE = 0x20
const foldScratch = Buffer.alloc(MAX_NAME_OCTETS)

/** The root name. */
export const ROOT: FoldedName = '\0' as FoldedName

/** Reads presentation text (`www.example.com`, final dot optional, `\.` and `\DDD` escapes); `null` if it is no name. */
export function parseName(text: string): Name | null {
  if (text === '.') return ROOT
  if (text === '') return null
  let wire = ''
  let label = ''
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i)!
    if (code === DOT) {
      if (label === '') return null
      wire += String.fromCharCode(label.length) + label
      label = ''
      i++
    } else if (code === BACKSLASH) {
      const escaped = readEscape(text, i + 1)
      if (escaped === null) return null
      label += String.fromCharCode(escaped.value)
      i += 1 + escaped.length
    } else {
      label += code <= 0x7f ? text[i] : utf8Octets(code)
      i += code > 0xffff ? 2 : 1
    }
    if (label.length > MAX_LABEL_OCTETS || wire.length > MAX_NAME_OCTETS) return null
  }
  if (label !== '') wire += String.fromCharCode(label.length) + label
  wire += '\0'
  return wire.length <= MAX_NAME_OCTETS ? (wire as Name) : null
}

/** Reads a name of a zone file: `@` is `origin`, and a name without final dot is completed with it; `null` if it is no name. */
export function parseNameIn(text: string, origin: Name): Name | null {
  if (text === '@') return origin
  const parsed = parseName(text)
  if (parsed === null || endsInDot(text)) return parsed
  const wire = parsed.slice(0, -1) + origin
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
  foldScratch.write(wire, 'latin1')
  for (let i = from; i < wire.length; i++) {
    const octet = foldScratch[i]!
    if (octet >= 0x41 && octet <= 0x5a) foldScratch[i] = octet + 0x20
  }
  return foldScratch.toString('latin1', 0, wire.length) as FoldedName
}

function presentation(octet: number): string {
  return octet === SPACE ? decimalEscape(SPACE) : escapeOctet(octet, '.\\"();@$')
}

function utf8Octets(code: number): string {
  return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1')
}

/** Whether the last dot of the text is there and not escaped. */
function endsInDot(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\.$/.test(text)
}
