import { HEADER_OCTETS, Type } from '#wire/constants.ts'

/** Where things stand in a reply that were found once so as not to be looked for again. */
export interface PacketLayout {
  readonly questionEnd: number
  readonly ttlOffsets: Uint16Array
  readonly addressOffsets: Uint16Array
  readonly addressOctets: number
}

const NO_OFFSETS = new Uint16Array(0)

/**
 * Finds the layout of a reply that this server composed. `null` when addresses are to be `shuffled` and their order is more
 * than a matter of changing places within one RRset of the answer section, which is all that a packet can do.
 */
export function layoutOf(octets: Uint8Array, shuffled: boolean): PacketLayout | null {
  const questionEnd = skipName(octets, HEADER_OCTETS) + 4
  const ttlOffsets: number[] = []
  const records = countAt(octets, 3) + countAt(octets, 4) + countAt(octets, 5)
  const isShuffled = shuffled && records > 1
  const sets = new Map<string, number[]>()
  let at = questionEnd
  for (let section = 3; section <= 5; section++) {
    for (let count = countAt(octets, section); count > 0; count--) {
      const ownerAt = at
      at = skipName(octets, at)
      const type = (octets[at]! << 8) | octets[at + 1]!
      if (type !== Type.OPT) ttlOffsets.push(at + 4)
      if (isShuffled && (type === Type.A || type === Type.AAAA || type === Type.MX)) {
        const set = `${section} ${type} ${nameText(octets, ownerAt)}`
        const offsets = sets.get(set)
        if (offsets === undefined) sets.set(set, [at + 10])
        else offsets.push(at + 10)
      }
      at += 10 + ((octets[at + 8]! << 8) | octets[at + 9]!)
    }
  }
  const several = [...sets].filter(([, offsets]) => offsets.length > 1)
  const base = { questionEnd, ttlOffsets: Uint16Array.from(ttlOffsets) }
  if (several.length === 0) return { ...base, addressOffsets: NO_OFFSETS, addressOctets: 0 }
  const [set, offsets] = several[0]!
  const [section, type] = set.split(' ', 2)
  if (several.length > 1 || section !== '3' || type === String(Type.MX)) return null
  const addressOctets = type === String(Type.A) ? 4 : 16
  return { ...base, addressOffsets: Uint16Array.from(offsets), addressOctets }
}

function countAt(octets: Uint8Array, field: number): number {
  return (octets[field * 2]! << 8) | octets[field * 2 + 1]!
}

/** The offset after the name at `at`, which is well formed. */
function skipName(octets: Uint8Array, at: number): number {
  while (octets[at] !== 0) {
    if (octets[at]! >= 0xc0) return at + 2
    at += 1 + octets[at]!
  }
  return at + 1
}

/** The name at `at`, pointers followed: the same text for the same name. */
function nameText(octets: Uint8Array, at: number): string {
  let text = ''
  for (;;) {
    const length = octets[at]!
    if (length === 0) return text
    if (length >= 0xc0) at = ((length & 0x3f) << 8) | octets[at + 1]!
    else {
      text += `${Buffer.from(octets.subarray(at + 1, at + 1 + length)).toString('hex')}.`
      at += 1 + length
    }
  }
}
