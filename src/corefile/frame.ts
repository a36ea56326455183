import type { Token } from '#corefile/token.ts'

/** Columns of a source line that are shown; of a longer line, the part around the error. */
const MAX_COLUMNS = 110
const COLUMNS_BEFORE = 40
const TAB = '    '

/**
 * The line that a token stands on, with carets below the token and a hint after them:
 * ```
 *     14 |     max_fail 3
 *        |     ^^^^^^^^ did you mean 'max_fails'?
 * ```
 */
export function sourceFrame(source: string, token: Token, hint: string): string {
  const line = lineOf(source, token.line)
  const from = token.column - 1
  const to = Math.min(line.length, from + Math.max(1, token.width))
  const cut = Math.max(0, line.length > MAX_COLUMNS ? from - COLUMNS_BEFORE : 0)
  const before = (cut > 0 ? '…' : '') + shown(line.slice(cut, from))
  const at = shown(line.slice(from, to))
  const room = Math.max(1, MAX_COLUMNS - (from - cut))
  const rest = shown(line.slice(from, from + room)) + (from + room < line.length ? '…' : '')
  const carets = '^'.repeat(Math.max(1, Math.min(columns(at), columns(rest))))
  const number = String(token.line).padStart(6)
  const text = `${number} | ${before}${rest}`.trimEnd()
  return `${text}\n       | ${' '.repeat(columns(before))}${carets} ${printable(hint)}`.trimEnd()
}

/** Text that does nothing to a terminal: control characters as escapes (`\x1b`, `\n`), signs that reverse or hide text too. */
export function printable(text: string): string {
  return text.replace(harmful, char => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    const code = char.codePointAt(0)!
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** Control characters, half a surrogate pair, and the format characters that turn, join or hide what stands around them. */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

function lineOf(source: string, line: number): string {
  return source.replace(/^\ufeff/, '').split('\n')[line - 1] ?? ''
}

/** A part of a line, one sign for each character that is not harmless so that carets stay below it. */
function shown(text: string): string {
  return text
    .replaceAll('\r', '')
    .replaceAll('\t', TAB)
    .replace(harmful, char => (char < ' ' ? String.fromCharCode(0x2400 + char.charCodeAt(0)) : '\ufffd'))
}

/** How many columns of a terminal a text takes up. */
function columns(text: string): number {
  let count = 0
  for (const char of text) count += /\p{M}/u.test(char) ? 0 : wide.test(char) ? 2 : 1
  return count
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
