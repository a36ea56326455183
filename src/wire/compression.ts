/**
 * Where names have been written in a message, so that later ones can point back (RFC 1035 section 4.1.4).
 *
 * A hash table in typed arrays that lives as long as its writer: nothing is allocated for a message. Slots carry the
 * generation of the message they belong to, so that forgetting a message is one addition. Entries and probes are
 * bounded, so that any name costs work in proportion to its length, whatever was written before it.
 */

/** The farthest offset that fourteen bits can point to. */
export const MAX_POINTER_OFFSET = 0x3fff

const SLOTS = 4096
const MAX_ENTRIES = 2048
const MAX_PROBES = 8
const MAX_GENERATION = 0x3fffffff
const MAX_LABELS = 128
const POINTER_BITS = 0xc0

/** The suffixes of the names in one message at a time, compared octet by octet in their exact letter case. */
export class CompressionTable {
  readonly #generations = new Uint32Array(SLOTS)
  readonly #hashes = new Int32Array(SLOTS)
  readonly #offsets = new Uint16Array(SLOTS)
  /** The slots taken for this message, in order, to give them back. */
  readonly #taken = new Uint16Array(MAX_ENTRIES)
  #takenCount = 0
  #generation = 1
  #octets: Uint8Array = new Uint8Array(0)
  #start = 0
  /** Where the labels of the name in hand start in it, and the hash of the suffix that each begins. */
  readonly #labelStarts = new Uint8Array(MAX_LABELS)
  readonly #labelHashes = new Int32Array(MAX_LABELS)
  #unmatchedLabels = 0
  #target = 0
  #work = 0

  /** Forgets everything and takes the message that begins at `start` of `octets`. */
  reset(octets: Uint8Array, start: number): void {
    this.#octets = octets
    this.#start = start
    this.#takenCount = 0
    this.#generation++
    if (this.#generation > MAX_GENERATION) {
      this.#generations.fill(0)
      this.#generation = 1
    }
  }

  /** How many suffixes are entered: what `rewind` goes back to. */
  get mark(): number {
    return this.#takenCount
  }

  /** Octets and slots compared since the table was made: what the tests of bounded work count. */
  get work(): number {
    return this.#work
  }

  /** Where the suffix that `match` found stands, counted from the start of the message. */
  get target(): number {
    return this.#target
  }

  /** Takes out the suffixes entered since `mark`. */
  rewind(mark: number): void {
    // Latest first: a later entry may have been put behind an earlier one in the same run of slots.
    while (this.#takenCount > mark) this.#generations[this.#taken[--this.#takenCount]!] = 0
  }

  /**
   * Looks for the longest known suffix of the valid uncompressed name at `from` of `name` (`length` octets, root label
   * included). Returns how many octets come before it, and leaves its place in `target`; `length - 1` if none is known.
   */
  match(name: Uint8Array, from: number, length: number): number {
    const starts = this.#labelStarts
    let labels = 0
    for (let at = 0; at < length - 1; at += 1 + name[from + at]!) starts[labels++] = at
    this.#hashSuffixes(name, from, length, labels)
    let unmatched = labels
    let target = -1
    // From the right: when a suffix is unknown, so are the longer ones.
    while (unmatched > 0) {
      const found = this.#find(name, from, unmatched - 1, target)
      if (found < 0) break
      target = found
      unmatched--
    }
    this.#unmatchedLabels = unmatched
    this.#target = target
    return unmatched === labels ? length - 1 : starts[unmatched]!
  }

  /** Enters the suffixes that the last `match` did not know, the name's first octet having been written to `offset`. */
  enter(offset: number): void {
    for (let label = this.#unmatchedLabels - 1; label >= 0; label--) {
      const place = offset + this.#labelStarts[label]!
      if (place <= MAX_POINTER_OFFSET && this.#takenCount < MAX_ENTRIES) this.#insert(this.#labelHashes[label]!, place)
    }
  }

  #hashSuffixes(name: Uint8Array, from: number, length: number, labels: number): void {
    let hash = 0x811c9dc5 | 0
    let at = from + length - 2
    for (let label = labels - 1; label >= 0; label--) {
      for (const start = from + this.#labelStarts[label]!; at >= start; at--)
        hash = Math.imul(hash ^ name[at]!, 0x01000193)
      this.#labelHashes[label] = hash
    }
    this.#work += length
  }

  /** The place of the suffix that begins with label number `label` and goes on at `tail` (-1 for the root), else -1. */
  #find(name: Uint8Array, from: number, label: number, tail: number): number {
    const hash = this.#labelHashes[label]!
    let slot = slotOf(hash)
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      this.#work++
      if (this.#generations[slot] !== this.#generation) return -1
      if (this.#hashes[slot] === hash) {
        const offset = this.#offsets[slot]!
        if (this.#isSuffixAt(offset, name, from + this.#labelStarts[label]!, tail)) return offset
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
    return -1
  }

  #isSuffixAt(offset: number, name: Uint8Array, labelStart: number, tail: number): boolean {
    const octets = this.#octets
    const at = this.#start + offset
    const labelOctets = name[labelStart]!
    this.#work += labelOctets
    for (let i = 0; i <= labelOctets; i++) if (octets[at + i] !== name[labelStart + i]) return false
    const next = at + 1 + labelOctets
    const octet = octets[next]!
    if (tail < 0) return octet === 0
    if (octet < POINTER_BITS) return next - this.#start === tail
    return (((octet & 0x3f) << 8) | octets[next + 1]!) === tail
  }

  #insert(hash: number, offset: number): void {
    let slot = slotOf(hash)
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      this.#work++
      if (this.#generations[slot] !== this.#generation) {
        this.#generations[slot] = this.#generation
        this.#hashes[slot] = hash
        this.#offsets[slot] = offset
        this.#taken[this.#takenCount++] = slot
        return
      }
      slot = (slot + 1) & (SLOTS - 1)
    }
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (SLOTS - 1)
}
