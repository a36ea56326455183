/** Longest translated pattern, in characters: repetitions are written out, and those of repetitions multiply. */
const MAX_SOURCE_CHARS = 100_000
/** Largest count of a repetition, as in Go. */
const MAX_REPEAT = 1000
/** How deep groups may be nested. */
const MAX_DEPTH = 100
/** V8's automaton engine takes repetitions up to this many times itself. */
const MAX_ENGINE_REPEAT = 16

const CLASS_NAMES: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

/** A JavaScript pattern, without flags, that matches what a Go pattern (RE2 syntax) does. Throws a SyntaxError if it is none. */
export function fromRe2(pattern: string): string {
  return new Translator(pattern).translate()
}

/** A piece of the translation, and whether it captures: such a piece cannot be written twice. */
interface Piece {
  readonly text: string
  readonly captures: boolean
}

class Translator {
  readonly #pattern: string
  #at = 0
  #depth = 0
  #ignoreCase = false
  #dotAll = false

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  translate(): string {
    const { text } = this.#alternatives()
    if (this.#at < this.#pattern.length) this.#fail('unexpected )', this.#pattern)
    return text
  }

  /** What stands up to the closing parenthesis or the end. Flags set inside end with it. */
  #alternatives(): Piece {
    if (++this.#depth > MAX_DEPTH) this.#fail('expression nests too deeply', this.#pattern)
    const flags = [this.#ignoreCase, this.#dotAll] as const
    let text = ''
    let captures = false
    while (this.#at < this.#pattern.length && !this.#sees(')')) {
      if (this.#takes('|')) {
        text += '|'
        continue
      }
      const piece = this.#repeated()
      text += piece.text
      captures ||= piece.captures
      if (text.length > MAX_SOURCE_CHARS) this.#fail('expression too large', this.#pattern)
    }
    ;[this.#ignoreCase, this.#dotAll] = flags
    this.#depth--
    return { text, captures }
  }

  #repeated(): Piece {
    const from = this.#at
    const piece = this.#atom()
    const quantifier = /[*+?]|\{(\d+)(,?)(\d*)\}/y
    quantifier.lastIndex = this.#at
    const match = quantifier.exec(this.#pattern)
    if (match === null) return piece
    this.#at = quantifier.lastIndex
    const lazy = this.#takes('?') ? '?' : ''
    const again = /[*+?]|\{\d+,?\d*\}/y
    again.lastIndex = this.#at
    if (again.test(this.#pattern))
      this.#fail('invalid nested repetition operator', this.#pattern.slice(from, this.#at + 1))
    if (piece.text === '') this.#fail('missing argument to repetition operator', match[0])
    if (match[1] === undefined) return { text: piece.text + match[0] + lazy, captures: piece.captures }
    const min = Number(match[1])
    const max = match[2] === '' ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])
    if (min > MAX_REPEAT || (max !== Number.POSITIVE_INFINITY && max > MAX_REPEAT) || max < min) {
      this.#fail('invalid repeat count', match[0])
    }
    const small = (max === Number.POSITIVE_INFINITY ? min : max) <= MAX_ENGINE_REPEAT && !/[{]/.test(piece.text)
    if (small || piece.captures) return { text: piece.text + match[0] + lazy, captures: piece.captures }
    const endless = max === Number.POSITIVE_INFINITY
    if (piece.text.length * (endless ? min + 1 : max) > MAX_SOURCE_CHARS) this.#fail('expression too large', match[0])
    const optional = endless ? `${piece.text}*${lazy}` : `${piece.text}?${lazy}`.repeat(max - min)
    return { text: `(?:${piece.text.repeat(min)}${optional})`, captures: false }
  }

  #atom(): Piece {
    const char = this.#pattern[this.#at++]!
    if (char === '(') return this.#group()
    if (char === '[') return plain(this.#class())
    if (char === '\\') return plain(this.#escape(false))
    if (char === '.') return plain(this.#dotAll ? '[^]' : '[^\\n]')
    if (char === '^' || char === '$') return plain(char)
    if ('*+?'.includes(char)) this.#fail('missing argument to repetition operator', char)
    return plain(this.#literal(char))
  }

  #group(): Piece {
    const from = this.#at - 1
    let open = '('
    const named = this.#match(/\?P?<([A-Za-z_]\w*)>/y)
    if (named !== null) {
      open = `(?<${named[1]}>`
    } else if (this.#sees('?')) {
      const flags = this.#match(/\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/y)
      if (flags === null) this.#fail('invalid or unsupported Perl syntax', this.#pattern.slice(from, from + 3))
      if (flags[3] === ')') {
        this.#setFlags(flags[1]!, flags[2] ?? '')
        return plain('')
      }
      const before = [this.#ignoreCase, this.#dotAll] as const
      this.#setFlags(flags[1]!, flags[2] ?? '')
      const inner = this.#closed(from)
      ;[this.#ignoreCase, this.#dotAll] = before
      return { text: `(?:${inner.text})`, captures: inner.captures }
    }
    return { text: `${open}${this.#closed(from).text})`, captures: true }
  }

  #closed(from: number): Piece {
    const inner = this.#alternatives()
    if (!this.#takes(')')) this.#fail('missing closing )', this.#pattern.slice(from))
    return inner
  }

  #setFlags(on: string, off: string): void {
    for (const flag of on + off) {
      const value = !off.includes(flag)
      if (flag === 'i') this.#ignoreCase = value
      else if (flag === 's') this.#dotAll = value
      // Without line breaks in the text, `^` and `$` mean the same with and without m.
      else if (flag !== 'm') this.#fail('invalid or unsupported Perl syntax', `(?${flag}`)
    }
  }

  #class(): string {
    const from = this.#at - 1
    let text = this.#takes('^') ? '^' : ''
    for (let first = true; first || !this.#sees(']'); first = false) {
      if (this.#at >= this.#pattern.length) this.#fail('missing closing ]', this.#pattern.slice(from))
      const named = this.#match(/\[:(\^?)([a-z]+):\]/y)
      if (named !== null) {
        const members = CLASS_NAMES[named[2]!]
        if (members === undefined || named[1] !== '') this.#fail('invalid character class range', named[0])
        text += members
        continue
      }
      const low = this.#classMember()
      const ranged = this.#match(/-(?=[^\]])/y) !== null
      const high = ranged ? this.#classMember() : low
      text += ranged ? `${low}-${high}` : low
      if (this.#ignoreCase) text += otherCase(low, high)
    }
    this.#at++
    return `[${text}]`
  }

  #classMember(): string {
    const char = this.#pattern[this.#at++]!
    if (char === '\\') return this.#escape(true)
    return '[]^\\-'.includes(char) ? `\\${char}` : char
  }

  #escape(inClass: boolean): string {
    const quoted = inClass ? null : this.#match(/Q(.*?)(?:\\E|$)/y)
    if (quoted !== null) return `(?:${[...quoted[1]!].map(char => this.#literal(char)).join('')})`
    const hex = this.#match(/x(?:\{([0-9A-Fa-f]{1,4})\}|([0-9A-Fa-f]{2}))/y)
    if (hex !== null) return `\\u${(hex[1] ?? hex[2]!).padStart(4, '0')}`
    const char = this.#pattern[this.#at++]
    if (char === undefined) this.#fail('trailing backslash at end of expression', '')
    if ('dDwWsSfnrtv'.includes(char) || (!inClass && 'bB'.includes(char))) return `\\${char}`
    if (char === 'a') return '\\x07'
    if (!inClass && char === 'A') return '^'
    if (!inClass && char === 'z') return '$'
    if (/[0-9A-Za-z]/.test(char)) this.#fail('invalid escape sequence', `\\${char}`)
    return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char
  }

  #literal(char: string): string {
    if (this.#ignoreCase && isLetter(char)) return `[${char.toLowerCase()}${char.toUpperCase()}]`
    return '^$\\.*+?()[]{}|/'.includes(char) ? `\\${char}` : char
  }

  #match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at
    const match = expression.exec(this.#pattern)
    if (match !== null) this.#at = expression.lastIndex
    return match
  }

  #sees(char: string): boolean {
    return this.#pattern[this.#at] === char
  }

  #takes(char: string): boolean {
    if (!this.#sees(char)) return false
    this.#at++
    return true
  }

  #fail(reason: string, fragment: string): never {
    throw new SyntaxError(`error parsing regexp: ${reason}: \`${fragment}\``)
  }
}

function plain(text: string): Piece {
  return { text, captures: false }
}

function isLetter(char: string): boolean {
  return /^[A-Za-z]$/.test(char)
}

/** The letters of a range, in the other case, as members of a class; empty when the range has none. */
function otherCase(low: string, high: string): string {
  if (low.length !== 1 || high.length !== 1) return ''
  let text = ''
  for (const [first, last, shift] of [
    [65, 90, 32],
    [97, 122, -32],
  ] as const) {
    const from = Math.max(low.charCodeAt(0), first)
    const to = Math.min(high.charCodeAt(0), last)
    if (from <= to) text += `${String.fromCharCode(from + shift)}-${String.fromCharCode(to + shift)}`
  }
  return text
}
