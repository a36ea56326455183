/** Whether a pattern holds signs that stand for others: `*` or `?`. */
export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern)
}

/**
 * Whether `text` matches `pattern` as a whole: `*` is any run of characters but `/`, `?` one character but `/`, a backslash
 * takes the next sign as it is. Costs at most the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let starAt = -1
  let starText = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      starAt = p++
      starText = t
    } else if (matchesOne(pattern, p, text[t]!)) {
      p += pattern[p] === '\\' ? 2 : 1
      t++
    } else if (starAt >= 0 && text[starText] !== '/') {
      p = starAt + 1
      t = ++starText
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p++
  return p >= pattern.length
}

function matchesOne(pattern: string, at: number, char: string): boolean {
  const sign = pattern[at]
  if (sign === '?') return char !== '/'
  return sign === '\\' ? pattern[at + 1] === char : sign === char
}
