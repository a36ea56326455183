import type { Reply } from '#plugin/reply.ts'
import type { ResourceRecord } from '#wire/record.ts'

/**
 * Whether two replies say the same in the same words, times to live included, and are made of the same data. Those with an error or
 * with options never are.
 */
export function isSameReply(left: Reply, right: Reply): boolean {
  if (left === right) return true
  return (
    left.author === right.author &&
    left.delivery === right.delivery &&
    left.rcode === right.rcode &&
    left.flags === right.flags &&
    left.uniformTtlSeconds === right.uniformTtlSeconds &&
    left.reuse === right.reuse &&
    left.error === null &&
    right.error === null &&
    left.options.length === 0 &&
    right.options.length === 0 &&
    areSame(left.answer, right.answer) &&
    areSame(left.authority, right.authority) &&
    areSame(left.additional, right.additional)
  )
}

function areSame(left: readonly ResourceRecord[], right: readonly ResourceRecord[]): boolean {
  if (left === right) return true
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (!isSameRecord(left[i]!, right[i]!)) return false
  return true
}

function isSameRecord(left: ResourceRecord, right: ResourceRecord): boolean {
  return (
    left === right ||
    (left.owner === right.owner &&
      left.type === right.type &&
      left.class === right.class &&
      left.ttlSeconds === right.ttlSeconds &&
      Buffer.compare(left.rdata, right.rdata) === 0)
  )
}
