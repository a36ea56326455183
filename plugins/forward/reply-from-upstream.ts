import { recordsOnChain } from '#net/upstream/answer-chain.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import type { ForwardMetrics } from '#plugins/forward/metrics.ts'
import { Flag, OptionCode } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'
import type { Message } from '#wire/message.ts'
import { foldName } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

const PASSED_FLAGS = Flag.AA | Flag.TC | Flag.RA | Flag.AD

/**
 * The upstream's message as the reply to a query: unchanged, but for records that do not belong to the question
 * and the letter case, which is this asker's even when another one's question was sent.
 */
export function replyFromUpstream(message: Message, query: Query, metrics: ForwardMetrics): Reply {
  const answer = recordsOnChain(message.answer, query.folded)
  if (answer.length !== message.answer.length) metrics.strippedRecords.inc(message.answer.length - answer.length)
  return reply('forward', {
    rcode: message.rcode,
    flags: message.flags & PASSED_FLAGS,
    answer: answer.map(record => ownedByAsker(record, query)),
    authority: message.authority,
    additional: message.additional,
    options: message.edns === null ? [] : message.edns.options.filter(isEndToEnd),
  })
}

function ownedByAsker(record: ResourceRecord, query: Query): ResourceRecord {
  const { owner } = record
  if (owner === query.name || owner.length !== query.name.length || foldName(owner) !== query.folded) return record
  return record.withOwner(query.name)
}

/** Cookies, padding, keepalive and the like are between us and the upstream; why it failed is for the asker. */
function isEndToEnd(option: EdnsOption): boolean {
  return option.code === OptionCode.EDE
}
