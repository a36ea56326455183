import { queryOctets } from '#test/support/client.ts'
import { rr } from '#test/support/plugin.ts'
import { Class, Type } from '#wire/constants.ts'
import { encodeMessage } from '#wire/encode.ts'
import { name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** A query and the reply to it, in octets. */
export interface Exchange {
  readonly query: Uint8Array
  readonly reply: Uint8Array
  readonly answer: readonly ResourceRecord[]
}

/** A query, type A, for the name `label` below example.org, and a reply with so many addresses. */
export function exchange(label: string, addresses: number): Exchange {
  const text = `${label}.example.org.`
  const answer = Array.from({ length: addresses }, (_, i) => rr(`${text} 30 IN A 192.0.2.${i + 1}`))
  const reply = encodeMessage({
    id: 0,
    flags: 0x8400,
    opcode: 0,
    rcode: 0,
    questions: [{ name: name(text), type: Type.A, class: Class.IN }],
    answer,
    authority: [],
    additional: [],
    edns: null,
  })
  return { query: queryOctets(text, 'A', {}, 0), reply, answer }
}
