/** One word of presentation text, its escapes still in it. */
export interface Word {
  readonly text: string
  readonly isQuoted: boolean
}

/**
 * Splits the text of one record into words (RFC 1035 section 5.1): quotes hold spaces, parentheses let a record go over
 * lines, a semicolon begins a comment. Returns what is wrong as text when quotes or parentheses do not match.
 */
export function splitWords(text: string): Word[] | string {
  const words: Word[] = []
  let depth = 0
  for (let at = 0; at < text.length; ) {
    const char = text[at]!
    if (isBlank(char)) {
      at++
    } else if (char === ';') {
      while (at < text.length && text[at] !== '\n') at++
    } else if (char === '(' || char === ')') {
      depth += char === '(' ? 1 : -1
      if (depth < 0) return "')' without '('"
      at++
    } else {
      const end = endOfWord(text, at)
      if (end < 0) return 'quote not closed'
      const isQuoted = char === '"'
      words.push({ text: isQuoted ? text.slice(at + 1, end - 1) : withoutQuotes(text.slice(at, end)), isQuoted })
      at = end
    }
  }
  return depth === 0 ? words : "'(' not closed"
}

/** Where the word at `at` ends; -1 when a quote in it is not closed. Quotes may also begin in a word, as in `alpn="h2"`. */
function endOfWord(text: string, at: number): number {
  if (text[at] === '"') return endOfQuotes(text, at)
  while (at < text.length && !isBlank(text[at]!) && !';()'.includes(text[at]!)) {
    if (text[at] === '"') return endOfQuotes(text, at)
    at += text[at] === '\\' ? 2 : 1
  }
  return Math.min(at, text.length)
}

function endOfQuotes(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    if (text[at] === '"') return at + 1
    if (text[at] === '\\') at++
  }
  return -1
}

/** `alpn="h2"` as `alpn=h2`. */
function withoutQuotes(word: string): string {
  const open = /^(?:[^"\\]|\\.)*"/s.exec(word)
  return open === null ? word : word.slice(0, open[0].length - 1) + word.slice(open[0].length, -1)
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r'
}
