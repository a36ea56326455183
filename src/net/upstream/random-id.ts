import { randomInt } from 'node:crypto'

/** A message ID that nobody can foresee (RFC 5452 section 9.2), 16 bits. */
export function randomId(): number {
  return randomInt(0x10000)
}
