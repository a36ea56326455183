import { ApiFailure } from '#plugins/kubernetes/api/failure.ts'
import { Pieces } from '#plugins/kubernetes/api/pieces.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COLON = 0x3a
const COMMA = 0x2c
/** No object of a cluster comes near this: etcd takes 1.5 MiB. */
const MAX_ITEM_OCTETS = 16 << 20
const MAX_ENVELOPE_OCTETS = 1 << 20
/** `items` at depth 1 is the array whose elements, at depth 2, are handed out. */
const ITEM_DEPTH = 2
const NOTHING = Buffer.alloc(0)

/** What a list says besides its items. */
export interface ListEnvelope {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

/**
 * Cuts the JSON of a Kubernetes list into its items while it arrives, so that a list is never in memory as a whole. Octets
 * are looked at only as far as strings and braces go; what is within an item is for JSON.parse to judge.
 */
export class ListSplitter {
  readonly #item = new Pieces(MAX_ITEM_OCTETS, 'an object')
  readonly #envelope = new Pieces(MAX_ENVELOPE_OCTETS, 'the head of a list')
  #depth = 0
  #inString = false
  #isEscaped = false
  #inItems = false
  /** The last string at depth 1, as far as it may be `items`; `null` outside of one. */
  #word = ''
  #isKey = false;

  /** The items that end in the next piece of the list, each good until the next one. Throws an ApiFailure when one is without bounds. */
  *push(chunk: Buffer): Generator<Buffer, void, void> {
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const octet = chunk[i]!
      if (this.#inString) {
        this.#readString(octet)
        continue
      }
      switch (octet) {
        case QUOTE:
          this.#inString = true
          if (this.#depth === 1) this.#word = ''
          break
        case COLON:
          if (this.#depth === 1) this.#isKey = this.#word === 'items'
          break
        case COMMA:
          if (this.#depth === 1) this.#isKey = false
          if (this.#inItems && this.#depth === ITEM_DEPTH) start = i + 1
          break
        case OPEN_BRACE:
        case OPEN_BRACKET:
          this.#depth++
          if (this.#depth === ITEM_DEPTH && octet === OPEN_BRACKET && this.#isKey) {
            this.#inItems = true
            this.#envelope.add(chunk.subarray(start, i + 1))
            start = i + 1
          }
          break
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          this.#depth--
          if (!this.#inItems) break
          if (this.#depth === ITEM_DEPTH) {
            const item = this.#item.finish(chunk.subarray(start, i + 1))
            start = i + 1
            yield item
          } else if (this.#depth < ITEM_DEPTH) {
            this.#inItems = false
            this.#isKey = false
            start = i
          }
          break
      }
    }
    if (!this.#inItems) this.#envelope.add(chunk.subarray(start))
    else if (this.#depth > ITEM_DEPTH) this.#item.add(chunk.subarray(start))
  }

  /** The list without its items, once all of it has been pushed. Throws an ApiFailure when it ended too early. */
  end(): ListEnvelope {
    if (this.#depth !== 0) throw new ApiFailure('the list ended in the midst')
    try {
      return JSON.parse(this.#envelope.finish(NOTHING).toString()) as ListEnvelope
    } catch {
      throw new ApiFailure('the list is not JSON')
    }
  }

  #readString(octet: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (octet === BACKSLASH) this.#isEscaped = true
    else if (octet === QUOTE) this.#inString = false
    else if (this.#depth === 1 && this.#word.length < 6) this.#word += String.fromCharCode(octet)
  }
}
