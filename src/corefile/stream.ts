import type { Environment } from '#corefile/environment.ts'
import { expandEnvironment } from '#corefile/environment.ts'
import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Token } from '#corefile/token.ts'

/** A token before variables are put in, and whether it stands first on its line. */
export interface Word {
  readonly token: Token
  readonly startsLine: boolean
}

/** Tokens that are being read. */
interface Frame {
  readonly words: readonly Word[]
  /** `snippet NAME` or `file PATH`. */
  readonly source: string
  /** Where the import stands that brought it; the same source twice on the way up is a circle. */
  readonly importedIn: Frame | null
  at: number
}

/** Imports can multiply text without bound: more tokens than this, and reading stops. */
const MAX_TOKENS = 1_000_000

/** The tokens of a Corefile from first to last, those that are imported in the place of their `import`. */
export class TokenStream {
  readonly #environment: Environment
  readonly #problems: Problems
  readonly #frames: Frame[]
  /** Where the last token came from. */
  #current: Frame
  #taken = 0
  #last: Token | null = null
  #stopped = false

  constructor(words: readonly Word[], source: string, environment: Environment, problems: Problems) {
    this.#current = { words, source, importedIn: null, at: 0 }
    this.#frames = [this.#current]
    this.#environment = environment
    this.#problems = problems
  }

  /** The token taken last, `null` before the first. */
  get last(): Token | null {
    return this.#last
  }

  /** Whether reading was given up, so that the end reached is not the end of the file. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** The next token, which stays; `undefined` at the end. */
  peek(): Word | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i]!
      const word = frame.words[frame.at]
      if (word !== undefined) return word
    }
    return undefined
  }

  /** Whether the line that the next token starts holds an opening brace. */
  lineOpensBlock(): boolean {
    const frame = this.#frames.findLast(({ words, at }) => at < words.length)
    if (frame === undefined) return false
    for (let i = frame.at + 1; i < frame.words.length && !frame.words[i]!.startsLine; i++) {
      if (isOpen(frame.words[i]!)) return true
    }
    return false
  }

  /** Takes the next token as it is written. Throws when there have been too many. */
  takeRaw(): Word | undefined {
    while (this.#frames.length > 1 && this.#frames.at(-1)!.at >= this.#frames.at(-1)!.words.length) this.#frames.pop()
    const frame = this.#frames.at(-1)!
    const word = frame.words[frame.at]
    if (word === undefined) return undefined
    if (++this.#taken > MAX_TOKENS) {
      this.stop()
      throw new CorefileError(word.token, `more than ${MAX_TOKENS} words`, 'imports of imports multiply: import less')
    }
    frame.at++
    this.#current = frame
    this.#last = word.token
    return word
  }

  /** Takes the next token with the values of variables in it. Throws when there have been too many tokens. */
  take(): Token | undefined {
    const word = this.takeRaw()
    return word === undefined ? undefined : this.expand(word.token)
  }

  /** The token with the values of variables in it; the token as it is, and a problem, when they go in circles. */
  expand(token: Token): Token {
    const text = expandEnvironment(token.text, this.#environment)
    if (text === undefined) {
      const hint = 'does one of them refer to itself?'
      this.#problems.add(new CorefileError(token, 'environment variables expand without end', hint))
      return token
    }
    return text === token.text ? token : { ...token, text }
  }

  /** Whether what is being read was brought by an import of `source`, perhaps by way of others. */
  isInside(source: string): boolean {
    for (let frame: Frame | null = this.#current; frame !== null; frame = frame.importedIn) {
      if (frame.source === source) return true
    }
    return false
  }

  /** Puts words, brought by an import that has just been taken, before what is left to read. */
  insert(words: readonly Word[], source: string): void {
    this.#frames.push({ words, source, importedIn: this.#current, at: 0 })
  }

  /** Passes over the opening brace that comes next, and all up to the brace that closes it. */
  skipBlock(): void {
    let depth = 0
    do {
      const word = this.takeRaw()
      if (word === undefined) return
      if (isOpen(word)) depth++
      if (isClose(word)) depth--
    } while (depth > 0)
  }

  /** Gives up reading: the stream is at its end. */
  stop(): void {
    this.#stopped = true
    this.#frames.length = 1
    this.#frames[0]!.at = this.#frames[0]!.words.length
  }
}

/** Finds out which tokens of one file start a line; a quoted token may reach over several. */
export function wordsOf(tokens: readonly Token[]): Word[] {
  let line = 0
  return tokens.map(token => {
    const startsLine = token.line > line
    line = token.line + (token.quoted ? token.text.split('\n').length - 1 : 0)
    return { token, startsLine }
  })
}

/** Whether a token is an opening brace; one in quotes is a word. */
export function isOpen(word: Word): boolean {
  return word.token.text === '{' && !word.token.quoted
}

/** Whether a token is a closing brace; one in quotes is a word. */
export function isClose(word: Word): boolean {
  return word.token.text === '}' && !word.token.quoted
}
