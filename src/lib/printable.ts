/**
 * Text that came from outside, fit for one line of a log: control characters as `\DDD`, and no more than `maxChars`
 * characters, the cut marked by `...`.
 */
export function printable(text: string, maxChars = 1000): string {
  const cut = text.length > maxChars ? `${text.slice(0, maxChars)}...` : text
  return cut.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, escaped)
}

function escaped(char: string): string {
  return `\\${String(char.charCodeAt(0)).padStart(3, '0')}`
}
