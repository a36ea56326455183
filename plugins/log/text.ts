import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Flag } from '#wire/constants.ts'

const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [Flag.QR, 'qr'],
  [Flag.AA, 'aa'],
  [Flag.TC, 'tc'],
  [Flag.RD, 'rd'],
  [Flag.RA, 'ra'],
  [Flag.Z, 'z'],
  [Flag.AD, 'ad'],
  [Flag.CD, 'cd'],
]

/** An IP address with brackets if it is IPv6 (RFC 3986 section 3.2.2). */
export function formatAddress(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** Names of the header bits that are set in the reply, as the plugin made it: `qr,aa,rd`. */
export function formatFlags(query: Query, reply: Reply): string {
  const flags = Flag.QR | (reply.flags & (Flag.AA | Flag.TC | Flag.RA | Flag.AD)) | (query.flags & (Flag.RD | Flag.CD))
  let text = ''
  for (const [flag, name] of FLAG_NAMES) {
    if ((flags & flag) !== 0) text += text === '' ? name : `,${name}`
  }
  return text
}

/** Seconds as the shortest decimal number to the nanosecond, never with an exponent: `0.037990251`. */
export function formatSeconds(ms: number): string {
  const fixed = (ms / 1000).toFixed(9)
  let end = fixed.length
  while (fixed[end - 1] === '0') end--
  return fixed.slice(0, fixed[end - 1] === '.' ? end - 1 : end)
}
