import type { Token } from '#corefile/token.ts'

/** White space as Unicode has it. A carriage return is left out: it is passed over wherever it stands. */
const blank = /[\t\n\v\f \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/**
 * Cuts the text of a Corefile into words, which white space separates. A word that starts with a quote runs to the next
 * quote, over lines if need be; in it `\"` is a quote and any other backslash stands for itself. `#` starts a comment. Nothing
 * is an error here: a quote that is never closed ends with the file.
 */
export function lex(text: string, file: string): Token[] {
  return new Lexer(text, file).run()
}

class Lexer {
  readonly #text: string
  readonly #file: string
  readonly #tokens: Token[] = []
  #at: number
  #line = 1
  #lineStart: number

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
    this.#at = text.startsWith('\ufeff') ? 1 : 0
    this.#lineStart = this.#at
  }

  run(): Token[] {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (char === '#') this.#skipComment()
      else if (char === '"') this.#readQuoted()
      else if (char === '\r' || blank.test(char)) this.#advance()
      else this.#readWord()
    }
    return this.#tokens
  }

  #readWord(): void {
    const start = this.#at
    let word = ''
    let end = start
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (char === '#' || blank.test(char)) break
      this.#at++
      if (char === '\r') continue
      word += char
      end = this.#at
    }
    this.#push(word, start, end, this.#line, start - this.#lineStart + 1, false)
    // A comment sign inside a word ends at the next blank, not at the end of the line, as in CoreDNS.
    if (this.#text[this.#at] === '#') this.#skipUntil(blank)
  }

  #readQuoted(): void {
    const start = this.#at
    const line = this.#line
    const column = start - this.#lineStart + 1
    let word = ''
    this.#at++
    while (this.#at < this.#text.length) {
      let char = this.#advance()
      if (char === '"') {
        this.#push(word, start, this.#at, line, column, true)
        return
      }
      if (char === '\\') {
        char = this.#at < this.#text.length ? this.#advance() : ''
        if (char !== '"' && char !== '') word += '\\'
      }
      word += char
    }
    if (word !== '') this.#push(word, start, this.#at, line, column, true)
  }

  #skipComment(): void {
    this.#skipUntil(/\n/)
  }

  #skipUntil(stop: RegExp): void {
    while (this.#at < this.#text.length && !stop.test(this.#text[this.#at]!)) this.#at++
  }

  /** Takes one character, keeping count of lines. */
  #advance(): string {
    const char = this.#text[this.#at++]!
    if (char === '\n') {
      this.#line++
      this.#lineStart = this.#at
    }
    return char
  }

  #push(text: string, start: number, end: number, line: number, column: number, quoted: boolean): void {
    this.#tokens.push({ text, file: this.#file, line, column, width: end - start, quoted })
  }
}
