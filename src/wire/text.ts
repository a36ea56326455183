import { Class, className, classNumber, Opcode, rcodeName, typeName, typeNumber } from '#wire/constants.ts'
import type { Edns } from '#wire/edns.ts'
import { flagNames } from '#wire/flag-names.ts'
import type { Message, Question } from '#wire/message.ts'
import type { Name } from '#wire/name.ts'
import { formatName, parseName, parseNameIn } from '#wire/name.ts'
import { HEX } from '#wire/rdata/encoding.ts'
import { parsePeriodSeconds } from '#wire/rdata/period.ts'
import { formatRdata, parseRdata } from '#wire/rdata/text.ts'
import type { Word } from '#wire/rdata/words.ts'
import { splitWords } from '#wire/rdata/words.ts'
import { ResourceRecord } from '#wire/record.ts'

const DEFAULT_TTL_SECONDS = 3600
const opcodeNames = new Map<number, string>(Object.entries(Opcode).map(([name, number]) => [number, name]))

/** A record as one line, owner, TTL, class, type and data set apart by tabs: `example.com.	300	IN	MX	10 mail.example.com.` */
export function formatRecord(record: ResourceRecord): string {
  const { owner, ttlSeconds, class: class_, type, rdata } = record
  return [formatName(owner), ttlSeconds, className(class_), typeName(type), formatRdata(type, rdata)].join('\t')
}

/**
 * Reads one record in zone file form: owner, then TTL (3600 if left out) and class (IN if left out) in either order, type
 * and data. Names without final dot are completed with `origin` if there is one. Returns in words what is wrong.
 */
export function parseRecord(text: string, origin: Name | null = null): ResourceRecord | string {
  const words = splitWords(text)
  if (typeof words === 'string') return words
  const ownerText = words[0]?.text ?? ''
  const owner = origin === null ? parseName(ownerText) : parseNameIn(ownerText, origin)
  if (owner === null) return `owner is not a domain name: '${ownerText}'`
  return parseAfterOwner(owner, words.slice(1), origin)
}

/** A message as dig prints it: header, flags, the OPT record, then the sections that are not empty. */
export function formatMessage(message: Message): string {
  const { id, opcode, rcode, flags, questions, answer, authority, additional, edns } = message
  const counts = [questions.length, answer.length, authority.length, additional.length + (edns === null ? 0 : 1)]
  const lines = [
    `;; ->>HEADER<<- opcode: ${opcodeNames.get(opcode) ?? `OPCODE${opcode}`}, status: ${rcodeName(rcode)}, id: ${id}`,
    `;; flags: ${flagNames(flags)}; QUERY: ${counts[0]}, ANSWER: ${counts[1]}, AUTHORITY: ${counts[2]}, ADDITIONAL: ${counts[3]}`,
  ]
  if (edns !== null) lines.push('', ';; OPT PSEUDOSECTION:', ...ednsLines(edns))
  if (questions.length > 0) lines.push('', ';; QUESTION SECTION:', ...questions.map(formatQuestion))
  section(lines, 'ANSWER', answer)
  section(lines, 'AUTHORITY', authority)
  section(lines, 'ADDITIONAL', additional)
  return `${lines.join('\n')}\n`
}

function parseAfterOwner(owner: Name, words: readonly Word[], origin: Name | null): ResourceRecord | string {
  let ttlSeconds = DEFAULT_TTL_SECONDS
  let class_: number = Class.IN
  for (let i = 0; i < 3; i++) {
    const text = words[i]?.text
    if (text === undefined) break
    const type = typeNumber(text)
    if (type !== undefined) {
      const rdata = parseRdata(type, words.slice(i + 1), origin)
      return typeof rdata === 'string'
        ? `${typeName(type)}: ${rdata}`
        : new ResourceRecord(owner, type, class_, ttlSeconds, rdata)
    }
    const seconds = parsePeriodSeconds(text)
    const knownClass = classNumber(text)
    if (seconds === null && knownClass === undefined) return `not a TTL, class or type: '${text}'`
    ttlSeconds = seconds ?? ttlSeconds
    class_ = knownClass ?? class_
  }
  return 'type is missing'
}

function formatQuestion(question: Question): string {
  return `;${formatName(question.name)}\t\t${className(question.class)}\t${typeName(question.type)}`
}

function section(lines: string[], title: string, records: readonly ResourceRecord[]): void {
  if (records.length > 0) lines.push('', `;; ${title} SECTION:`, ...records.map(formatRecord))
}

function ednsLines(edns: Edns): string[] {
  const flags = edns.dnssecOk ? ' do' : ''
  const first = `; EDNS: version: ${edns.version}, flags:${flags}; udp: ${edns.udpSizeOctets}`
  return [first, ...edns.options.map(option => `; OPT=${option.code}: ${HEX.format(option.data)}`.trimEnd())]
}
