import { ApiFailure } from '#plugins/kubernetes/api/failure.ts'

const FIRST_OCTETS = 4096
/** A buffer larger than this is not kept for the next thing that comes in pieces. */
const MAX_KEPT_OCTETS = 1 << 20
const EMPTY = Buffer.alloc(0)

/** Joins the pieces of what has come in several, in one buffer that is used again and again. */
export class Pieces {
  readonly #max: number
  readonly #what: string
  #octets: Buffer = EMPTY
  #length = 0

  /** `what` is the thing that comes in pieces, and `max` the octets that it may have. */
  constructor(max: number, what: string) {
    this.#max = max
    this.#what = what
  }

  /** Copies a piece. Throws an ApiFailure when there are too many. */
  add(piece: Buffer): void {
    const length = this.#length + piece.length
    if (length > this.#max) throw new ApiFailure(`${this.#what} of more than ${this.#max} octets`)
    if (length > this.#octets.length) {
      const longer = Buffer.allocUnsafeSlow(Math.max(length, this.#octets.length * 2, FIRST_OCTETS))
      this.#octets.copy(longer, 0, 0, this.#length)
      this.#octets = longer
    }
    piece.copy(this.#octets, this.#length)
    this.#length = length
  }

  /** The whole, `last` being its last piece, until the next piece is added. */
  finish(last: Buffer): Buffer {
    if (this.#length === 0) return last
    this.add(last)
    const whole = this.#octets.subarray(0, this.#length)
    this.#length = 0
    if (this.#octets.length > MAX_KEPT_OCTETS) this.#octets = EMPTY
    return whole
  }
}
