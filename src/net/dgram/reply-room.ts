/** Longer replies are rare: what names their octets is made anew each time. */
const MAX_KEPT_OCTETS = 512

/** Memory for one reply at a time, and Buffers of its first octets to send them by, which are made once for each length. */
export class ReplyRoom {
  readonly octets: Uint8Array
  readonly #kept: (Buffer | undefined)[] = new Array(MAX_KEPT_OCTETS + 1).fill(undefined)

  /** Room for so many octets. */
  constructor(octets: number) {
    this.octets = new Uint8Array(octets)
  }

  /** The first `length` octets; they share the memory. */
  first(length: number): Buffer {
    if (length > MAX_KEPT_OCTETS) return Buffer.from(this.octets.buffer, 0, length)
    const kept = this.#kept[length]
    if (kept !== undefined) return kept
    const made = Buffer.from(this.octets.buffer, 0, length)
    this.#kept[length] = made
    return made
  }
}
