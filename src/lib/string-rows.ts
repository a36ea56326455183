import { randomUint32 } from '#lib/random.ts'
import { RowSlots } from '#lib/row-slots.ts'

const MIN_ROWS = 16
const MIN_OCTETS = 256
/** The longest text, in octets of UTF-8. */
const MAX_TEXT_OCTETS = 0xffff

/**
 * Numbers texts: each has a row of its own, a whole number from 0 that is given to another text only once it has been removed.
 * A text takes its octets and about 20 more, none of them on the JavaScript heap, where a Map of strings takes some 100 that
 * the garbage collector has to walk through. What belongs to a text is kept by its row in other arrays, of `capacity` elements.
 */
export class StringRows {
  readonly #slots = new RowSlots()
  readonly #seed = randomUint32()
  #octets: Buffer = Buffer.allocUnsafeSlow(MIN_OCTETS)
  /** Octets that were handed out, those of removed texts too. */
  #end = 0
  #removed = 0
  #starts = new Uint32Array(MIN_ROWS)
  /** Length + 1, or 0 for a row without a text. */
  #lengths = new Uint32Array(MIN_ROWS)
  /** Rows without a text below `#rows`, the first of a list that goes on in `#starts`; -1 for none. */
  #free = -1
  #rows = 0
  #size = 0

  /** How many texts there are. */
  get size(): number {
    return this.#size
  }

  /** No row is as high as this; it grows with `add`. */
  get capacity(): number {
    return this.#starts.length
  }

  /** The row of a text; -1 when there is none. */
  find(text: string): number {
    const length = this.#stage(text)
    return this.#findStaged(length, this.#hash(length))
  }

  /** The row of a text, a new one if it has none. Throws a RangeError for a text of more than 65,535 octets. */
  add(text: string): number {
    const length = this.#stage(text)
    if (length > MAX_TEXT_OCTETS) throw new RangeError('the text is too long')
    const hash = this.#hash(length)
    const found = this.#findStaged(length, hash)
    if (found >= 0) return found
    const row = this.#takeRow()
    this.#slots.add(hash, row)
    this.#starts[row] = this.#end
    this.#lengths[row] = length + 1
    this.#end += length
    this.#size++
    return row
  }

  /** The text of a row that has one. */
  text(row: number): string {
    const start = this.#starts[row]!
    return this.#octets.toString('utf8', start, start + this.#lengths[row]! - 1)
  }

  has(row: number): boolean {
    return row < this.#rows && this.#lengths[row] !== 0
  }

  /** Forgets the text of a row; the row may be the next one that is given out. */
  remove(row: number): void {
    if (!this.has(row)) return
    const start = this.#starts[row]!
    const length = this.#lengths[row]! - 1
    this.#slots.remove(this.#hashAt(start, length), row)
    this.#removed += length
    this.#lengths[row] = 0
    this.#starts[row] = this.#free + 1
    this.#free = row
    this.#size--
  }

  /** All rows that have a text, the lowest first. */
  *rows(): Generator<number, void, void> {
    for (let row = 0; row < this.#rows; row++) if (this.#lengths[row] !== 0) yield row
  }

  /** Writes a text where a new one would go, which makes it one if it is new; gives back its length. */
  #stage(text: string): number {
    // No code unit takes more than three octets.
    const most = text.length * 3
    if (this.#end + most > this.#octets.length) this.#makeRoom(most)
    return this.#octets.write(text, this.#end)
  }

  #findStaged(length: number, hash: number): number {
    for (let slot = this.#slots.first(hash); slot >= 0; slot = this.#slots.next(slot)) {
      const row = this.#slots.rowAt(slot)
      if (this.#lengths[row] === length + 1 && this.#isStaged(this.#starts[row]!, length)) return row
    }
    return -1
  }

  #isStaged(start: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.#octets[start + i] !== this.#octets[this.#end + i]) return false
    return true
  }

  #hash(length: number): number {
    return this.#hashAt(this.#end, length)
  }

  /** FNV-1a from a secret start, mixed once more since the lower bits choose the slot. */
  #hashAt(start: number, length: number): number {
    let hash = this.#seed
    for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ this.#octets[at]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    return (hash ^ (hash >>> 13)) >>> 0
  }

  #takeRow(): number {
    const row = this.#free
    if (row >= 0) {
      this.#free = this.#starts[row]! - 1
      return row
    }
    if (this.#rows === this.#starts.length) {
      this.#starts = longer(this.#starts)
      this.#lengths = longer(this.#lengths)
    }
    return this.#rows++
  }

  /** Moves the texts together, into more room if much of it is in use. */
  #makeRoom(most: number): void {
    const used = this.#end - this.#removed
    const size = used + most > this.#octets.length * 0.75 ? Math.ceil((used + most) * 1.5) : this.#octets.length
    const octets = Buffer.allocUnsafeSlow(Math.max(size, MIN_OCTETS))
    let end = 0
    for (const row of this.rows()) {
      const start = this.#starts[row]!
      const length = this.#lengths[row]! - 1
      this.#octets.copy(octets, end, start, start + length)
      this.#starts[row] = end
      end += length
    }
    this.#octets = octets
    this.#end = end
    this.#removed = 0
  }
}

function longer(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(array.length + (array.length >> 1))
  copy.set(array)
  return copy
}
