import type { Name } from '#wire/name.ts'
import { parseName, parseNameIn, ROOT } from '#wire/name.ts'
import type { Word } from '#wire/rdata/words.ts'

const NO_WORD: Word = { text: '', isQuoted: false }

/**
 * Hands out the words of a record's data. The first thing found wrong is kept in `error`; after it every reader gives an
 * empty value, so that the parsers of fields need not look.
 */
export class WordReader {
  readonly #words: readonly Word[]
  readonly #origin: Name | null
  #at = 0
  #error: string | null = null

  /** Without `origin`, names are taken as complete whether or not they end in a dot. */
  constructor(words: readonly Word[], origin: Name | null) {
    this.#words = words
    this.#origin = origin
  }

  get error(): string | null {
    return this.#error
  }

  /** Whether no word is left, or none is handed out any more because of an error. */
  get isAtEnd(): boolean {
    return this.#error !== null || this.#at >= this.#words.length
  }

  /** Records what is wrong, unless something was before. */
  fail(message: string): void {
    this.#error ??= message
  }

  /** The next word; `what` names what is missing when there is none. */
  word(what: string): Word {
    if (!this.isAtEnd) return this.#words[this.#at++]!
    this.fail(`${what} is missing`)
    return NO_WORD
  }

  /** The text of all remaining words, put together. */
  restText(): string {
    let text = ''
    while (!this.isAtEnd) text += this.#words[this.#at++]!.text
    return text
  }

  /** A whole decimal number from 0 to `max`. */
  uint(what: string, max: number): number {
    const { text } = this.word(what)
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value <= max) return value
    this.fail(`${what} is not a number from 0 to ${max}: '${text}'`)
    return 0
  }

  name(what: string): Name {
    const { text } = this.word(what)
    const parsed = this.#origin === null ? parseName(text) : parseNameIn(text, this.#origin)
    if (parsed === null) this.fail(`${what} is not a domain name: '${text}'`)
    return parsed ?? ROOT
  }
}
