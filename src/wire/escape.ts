/** The escapes of presentation text (RFC 1035 section 5.1): `\X` for a character, `\DDD` for any octet. */

const SPACE = 0x20
const DELETE = 0x7f

/** The octet that the escape after a backslash stands for, and how many chars spell it; `null` when it is none. */
export function readEscape(text: string, at: number): { value: number; length: number } | null {
  const digits = /^\d{3}/.exec(text.slice(at, at + 3))
  if (digits !== null) {
    const value = Number(digits[0])
    return value <= 255 ? { value, length: 3 } : null
  }
  const code = text.charCodeAt(at)
  if (Number.isNaN(code) || code > DELETE || (code >= 0x30 && code <= 0x39)) return null
  return { value: code, length: 1 }
}

/** An octet as `\DDD`. */
export function decimalEscape(octet: number): string {
  return `\\${String(octet).padStart(3, '0')}`
}

/** An octet in presentation text: printable ASCII as it is, with a backslash if it is one of `special`, else `\DDD`. */
export function escapeOctet(octet: number, special: string): string {
  if (octet < SPACE || octet >= DELETE) return decimalEscape(octet)
  const char = String.fromCharCode(octet)
  return special.includes(char) ? `\\${char}` : char
}

/** The octets that text with escapes stands for, other characters than ASCII as UTF-8; `null` at a wrong escape. */
export function unescapeText(text: string): Uint8Array | null {
  const parts: number[] = []
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i)!
    if (code === 0x5c) {
      const escaped = readEscape(text, i + 1)
      if (escaped === null) return null
      parts.push(escaped.value)
      i += 1 + escaped.length
    } else if (code <= DELETE) {
      parts.push(code)
      i++
    } else {
      parts.push(...Buffer.from(String.fromCodePoint(code), 'utf8'))
      i += code > 0xffff ? 2 : 1
    }
  }
  return Uint8Array.from(parts)
}

/** Octets in double quotes, escaped as far as the quotes need it. */
export function quotedText(octets: Uint8Array, start: number, end: number): string {
  let text = '"'
  for (let i = start; i < end; i++) text += escapeOctet(octets[i]!, '"\\')
  return `${text}"`
}
