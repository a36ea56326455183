const FIRST_OCTETS = 1 << 12
const NOTHING = Buffer.alloc(0)

/**
 * Two buffers: what comes is copied into one while the other is read. They are kept for one body after another: left behind
 * by each list, such buffers would be taken only with a collection of the whole heap.
 */
export class Inbox {
  #waiting: Buffer = NOTHING
  #octets = 0
  /** The buffer that is being read. */
  #taken: Buffer = NOTHING

  /** How many octets wait. */
  get octets(): number {
    return this.#octets
  }

  add(piece: Buffer): void {
    const octets = this.#octets + piece.length
    if (octets > this.#waiting.length) this.#extend(octets)
    piece.copy(this.#waiting, this.#octets)
    this.#octets = octets
  }

  /** All that waits, good until the next call. */
  take(): Buffer {
    const buffer = this.#waiting
    const chunk = buffer.subarray(0, this.#octets)
    this.#waiting = this.#taken
    this.#taken = buffer
    this.#octets = 0
    return chunk
  }

  /** Forgets what waits. */
  clear(): void {
    this.#octets = 0
  }

  #extend(octets: number): void {
    const longer = Buffer.allocUnsafeSlow(Math.max(octets, this.#waiting.length * 2, FIRST_OCTETS))
    this.#waiting.copy(longer, 0, 0, this.#octets)
    this.#waiting = longer
  }
}
