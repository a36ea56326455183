import { hash } from 'node:crypto'

/** 64 bits of a digest, in 8 characters: two texts with the same one are the same, as far as chance goes. */
export type Fingerprint = string & { readonly __brand: 'fingerprint' }

/** What stands for "not known": it is no fingerprint of anything. */
export const NO_FINGERPRINT = '' as Fingerprint

/** The fingerprint of a text or of octets. */
export function fingerprintOf(content: string | Uint8Array): Fingerprint {
  return hash('sha1', content, 'latin1').slice(0, 8) as Fingerprint
}

/** One half of a fingerprint, `at` being 0 or 1, as a number from 0 to 2^32 - 1. */
export function fingerprintWord(fingerprint: Fingerprint, at: 0 | 1): number {
  const i = at * 4
  const high = (fingerprint.charCodeAt(i) << 8) | fingerprint.charCodeAt(i + 1)
  return ((high << 16) | (fingerprint.charCodeAt(i + 2) << 8) | fingerprint.charCodeAt(i + 3)) >>> 0
}
