/**
 * Octets compared and copied four at a time, wherever they begin: a byte at a time is several times as slow, and `set` and
 * `subarray` make an object for each call.
 */

const WORD = 4

/** Gives views of buffers; the one that was asked for last costs nothing to find again. */
export class WordView {
  #octets: Uint8Array | null = null
  #view: DataView = new DataView(new ArrayBuffer(0))

  /** A view with the offsets of `octets`. */
  of(octets: Uint8Array): DataView {
    if (octets !== this.#octets) {
      this.#octets = octets
      this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
    }
    return this.#view
  }
}

/** Whether `length` octets of the two, from where each begins, are the same. */
export function isSameOctets(one: DataView, oneAt: number, other: DataView, otherAt: number, length: number): boolean {
  if (length < WORD) {
    for (let i = 0; i < length; i++) if (one.getUint8(oneAt + i) !== other.getUint8(otherAt + i)) return false
    return true
  }
  const last = length - WORD
  for (let i = 0; i < last; i += WORD) {
    if (one.getInt32(oneAt + i, true) !== other.getInt32(otherAt + i, true)) return false
  }
  // The last word begins within the one before it, unless the length is a multiple of four.
  return one.getInt32(oneAt + last, true) === other.getInt32(otherAt + last, true)
}

/** Copies `length` octets; the two places do not overlap. */
export function copyOctets(from: DataView, fromAt: number, to: DataView, toAt: number, length: number): void {
  if (length < WORD) {
    for (let i = 0; i < length; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i))
    return
  }
  const last = length - WORD
  for (let i = 0; i < last; i += WORD) to.setInt32(toAt + i, from.getInt32(fromAt + i, true), true)
  to.setInt32(toAt + last, from.getInt32(fromAt + last, true), true)
}
