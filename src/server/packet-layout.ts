import { HEADER_OCTETS, Type } from '#wire/constants.ts'

/** Replies with more records are not kept: one of a record's parts alone takes 11 octets. */
const MAX_RECORDS = 112

/** Where things stand in a reply, so as not to be looked for each time that it is sent. Offsets are from its first octet. */
export class PacketLayout {
  questionEnd = 0
  /** The first `ttlCount` are set. */
  readonly ttlOffsets: Uint16Array = new Uint16Array(MAX_RECORDS)
  ttlCount = 0
  /** Where the addresses are that change places, `addressCount` of them, of `addressOctets` each; none when none do. */
  readonly addressOffsets: Uint16Array = new Uint16Array(MAX_RECORDS)
  addressCount = 0
  addressOctets = 0

  /**
   * Reads the layout of the reply at `from`, which this server composed. `false` when addresses are to be `shuffled` and
   * their order is more than a matter of changing places within one RRset of the answer section, which is all that a packet
   * can do.
   */
  read(octets: Uint8Array, from: number, shuffled: boolean): boolean {
    const questionEnd = skipName(octets, from + HEADER_OCTETS) + 4
    const records = countAt(octets, from, 3) + countAt(octets, from, 4) + countAt(octets, from, 5)
    this.questionEnd = questionEnd - from
    this.ttlCount = 0
    this.addressCount = 0
    if (records > MAX_RECORDS) return false
    const sets: Set[] | null = shuffled && records > 1 ? [] : null
    let at = questionEnd
    for (let section = 3; section <= 5; section++) {
      for (let count = countAt(octets, from, section); count > 0; count--) {
        const ownerAt = at
        at = skipName(octets, at)
        const type = (octets[at]! << 8) | octets[at + 1]!
        if (type !== Type.OPT) this.ttlOffsets[this.ttlCount++] = at + 4 - from
        if (sets !== null && (type === Type.A || type === Type.AAAA || type === Type.MX)) {
          addTo(sets, section, type, nameText(octets, from, ownerAt), at + 10 - from)
        }
        at += 10 + ((octets[at + 8]! << 8) | octets[at + 9]!)
      }
    }
    return sets === null || this.#noteAddresses(sets)
  }

  #noteAddresses(sets: readonly Set[]): boolean {
    let found: Set | null = null
    for (const set of sets) {
      if (set.offsets.length === 1) continue
      if (found !== null || set.section !== 3 || set.type === Type.MX) return false
      found = set
    }
    if (found === null) return true
    this.addressOffsets.set(found.offsets)
    this.addressCount = found.offsets.length
    this.addressOctets = found.type === Type.A ? 4 : 16
    return true
  }
}

/** Records that change places among each other. */
interface Set {
  readonly section: number
  readonly type: number
  readonly owner: string
  readonly offsets: number[]
}

function addTo(sets: Set[], section: number, type: number, owner: string, offset: number): void {
  const set = sets.find(each => each.section === section && each.type === type && each.owner === owner)
  if (set === undefined) sets.push({ section, type, owner, offsets: [offset] })
  else set.offsets.push(offset)
}

function countAt(octets: Uint8Array, from: number, field: number): number {
  return (octets[from + field * 2]! << 8) | octets[from + field * 2 + 1]!
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
function nameText(octets: Uint8Array, from: number, at: number): string {
  let text = ''
  for (;;) {
    const length = octets[at]!
    if (length === 0) return text
    if (length >= 0xc0) at = from + (((length & 0x3f) << 8) | octets[at + 1]!)
    else {
      text += `${Buffer.from(octets.subarray(at + 1, at + 1 + length)).toString('hex')}.`
      at += 1 + length
    }
  }
}
