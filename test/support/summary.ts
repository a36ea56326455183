import { decode } from '#test/support/client.ts'
import { rcodeName, typeName } from '#wire/constants.ts'
import { flagNames } from '#wire/flag-names.ts'
import type { ResourceRecord } from '#wire/record.ts'

/**
 * A reply in one line, for tables of rules: opcode unless QUERY, rcode, flags without `qr`, `header` when there is no question,
 * then the record types of each section that is not empty, and `opt` with DO and option codes.
 * `NOERROR aa rd answer=SOA opt(do 3)`.
 */
export function summarize(octets: Uint8Array): string {
  const { opcode, rcode, flags, questions, answer, authority, additional, edns } = decode(octets)
  const words = [
    ...(opcode === 0 ? [] : [`opcode=${opcode}`]),
    rcodeName(rcode),
    ...flagNames(flags)
      .split(' ')
      .filter(flag => flag !== 'qr'),
    ...(questions.length === 0 ? ['header'] : []),
    ...section('answer', answer),
    ...section('authority', authority),
    ...section('additional', additional),
  ]
  if ((octets[2]! & 0x80) === 0) words.push('not a reply')
  if (edns !== null) {
    const inside = [...(edns.dnssecOk ? ['do'] : []), ...edns.options.map(option => option.code)]
    words.push(inside.length === 0 ? 'opt' : `opt(${inside.join(' ')})`)
    if (edns.version !== 0) words.push(`version ${edns.version}`)
  }
  return words.join(' ')
}

function section(title: string, records: readonly ResourceRecord[]): string[] {
  return records.length === 0 ? [] : [`${title}=${records.map(record => typeName(record.type)).join(',')}`]
}
