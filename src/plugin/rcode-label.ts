import { isRcodeNamed, rcodeName } from '#wire/constants.ts'

/**
 * What label `rcode` of a metric says: the mnemonic of a response code, `other` for all without one. Who answers us can choose among
 * 4096, and each would be series of its own.
 */
export function rcodeLabel(rcode: number): string {
  return isRcodeNamed(rcode) ? rcodeName(rcode) : 'other'
}
