import type { Ignored } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { UDP_SIZE_OCTETS } from '#net/upstream/question.ts'
import { Flag, HEADER_OCTETS } from '#wire/constants.ts'
import { decodeMessage } from '#wire/decode.ts'
import { encodeForNow } from '#wire/encode.ts'
import type { Message } from '#wire/message.ts'
import { foldName } from '#wire/name.ts'

const NOTHING: readonly never[] = Object.freeze([])

/** The message that asks a question, with an OPT record of our own if the asker had one; good until the next message is encoded. */
export function encodeQuestion(question: UpstreamQuestion, id: number): Uint8Array {
  return encodeForNow({
    id,
    flags: question.flags,
    opcode: 0,
    rcode: 0,
    questions: [{ name: question.name, type: question.type, class: question.class }],
    answer: NOTHING,
    authority: NOTHING,
    additional: NOTHING,
    edns: question.edns
      ? { version: 0, udpSizeOctets: UDP_SIZE_OCTETS, dnssecOk: question.dnssecOk, options: NOTHING }
      : null,
  })
}

/**
 * The message in `octets` if it is a reply to the question under this ID, else why it is not (RFC 5452 section 9.1). That
 * it came from the right address and port to the right socket is for the caller: sockets to upstreams are connected.
 */
export function acceptReply(octets: Uint8Array, question: UpstreamQuestion, id: number): Message | Ignored {
  if (octets.length < HEADER_OCTETS) return 'malformed'
  if (((octets[0]! << 8) | octets[1]!) !== id) return 'wrong_id'
  const message = decodeMessage(octets)
  if (typeof message === 'number' || (message.flags & Flag.QR) === 0 || message.opcode !== 0) return 'malformed'
  const asked = message.questions[0]
  const same =
    message.questions.length === 1 &&
    asked !== undefined &&
    asked.type === question.type &&
    asked.class === question.class &&
    foldName(asked.name) === question.folded
  return same ? message : 'wrong_question'
}
