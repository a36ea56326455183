import { Flag, MAX_MESSAGE_OCTETS } from '#wire/constants.ts'
import type { Message } from '#wire/message.ts'
import type { ResourceRecord } from '#wire/record.ts'
import { MessageWriter, optRecordOctets } from '#wire/writer.ts'

const writer = new MessageWriter()
const scratch = new Uint8Array(MAX_MESSAGE_OCTETS)

/**
 * The wire form of a message, names compressed, in memory of its own. Records from the first that does not fit
 * `limitOctets` on are left out and TC is set; the OPT record always has its place. Without `edns`, only the lower four
 * bits of the response code are sent.
 */
export function encodeMessage(message: Message, limitOctets: number = MAX_MESSAGE_OCTETS): Uint8Array {
  return encodeForNow(message, limitOctets).slice()
}

/** The same, in memory that the next message is written into. */
export function encodeForNow(message: Message, limitOctets: number = MAX_MESSAGE_OCTETS): Uint8Array {
  const { edns, rcode } = message
  const word = message.flags | ((message.opcode & 15) << 11) | (rcode & 15)
  writer.reset(scratch, 0, limitOctets)
  writer.writeHeader(message.id, word)
  if (edns !== null) writer.reserve(optRecordOctets(edns.options))
  let isWhole = true
  for (const question of message.questions) {
    isWhole &&= writer.writeQuestion(question.name, question.type, question.class)
    if (isWhole) writer.setCount(0, writer.count(0) + 1)
  }
  isWhole = isWhole && writeSection(1, message.answer) && writeSection(2, message.authority)
  isWhole = isWhole && writeSection(3, message.additional)
  writer.release()
  if (edns !== null && writer.writeOpt(edns.udpSizeOctets, edns.dnssecOk, rcode, edns.options, edns.version)) {
    writer.setCount(3, writer.count(3) + 1)
  }
  if (!isWhole) writer.setSecondWord(word | Flag.TC)
  return scratch.subarray(0, writer.lengthOctets)
}

function writeSection(section: number, records: readonly ResourceRecord[]): boolean {
  for (const record of records) {
    if (!writer.writeRecord(record, record.ttlSeconds)) return false
    writer.setCount(section, writer.count(section) + 1)
  }
  return true
}
