import { isIPv4, isIPv6 } from 'node:net'

/** The four octets of an IPv4 address in dotted form, `null` when it is none. */
export function ipv4Octets(text: string): Uint8Array | null {
  return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : null
}

/** The sixteen octets of an IPv6 address in any of its forms (RFC 4291 section 2.2), without zone; `null` if it is none. */
export function ipv6Octets(text: string): Uint8Array | null {
  if (!isIPv6(text) || text.includes('%')) return null
  const [head, tail] = text.split('::')
  const left = groupOctets(head!)
  const right = tail === undefined ? [] : groupOctets(tail)
  const octets = new Uint8Array(16)
  octets.set(left)
  octets.set(right, 16 - right.length)
  return octets
}

/** The IPv4 address at `at` of `octets`. */
export function ipv4Text(octets: Uint8Array, at: number = 0): string {
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`
}

/** The IPv6 address at `at` of `octets`, as short as it can be (RFC 5952); a mapped IPv4 address in dotted form. */
export function ipv6Text(octets: Uint8Array, at: number = 0): string {
  const groups: number[] = []
  for (let i = at; i < at + 16; i += 2) groups.push((octets[i]! << 8) | octets[i + 1]!)
  if (groups[5] === 0xffff && groups.slice(0, 5).every(isZero)) return `::ffff:${ipv4Text(octets, at + 12)}`
  const run = longestZeroRun(groups)
  const text = groups.map(group => group.toString(16))
  if (run.length < 2) return text.join(':')
  return `${text.slice(0, run.start).join(':')}::${text.slice(run.start + run.length).join(':')}`
}

function groupOctets(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  return best
}

function isZero(value: number): boolean {
  return value === 0
}
