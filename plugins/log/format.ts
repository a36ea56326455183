import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { uncompressedOctets } from '#plugin/reply-size.ts'
import { formatAddress, formatFlags, formatSeconds } from '#plugins/log/text.ts'
import { className, rcodeName, typeName } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

/** Writes the part of a line that one placeholder stands for. `elapsedMs` is the time since the query was read. */
type Writer = (query: Query, reply: Reply, elapsedMs: number) => string

/** What is printed where there is nothing to say. */
const EMPTY = '-'

const PLACEHOLDERS: ReadonlyMap<string, Writer> = new Map<string, Writer>([
  ['{type}', query => typeName(query.type)],
  ['{class}', query => className(query.class)],
  ['{name}', query => formatName(query.folded)],
  ['{proto}', query => (query.isStream ? 'tcp' : 'udp')],
  ['{size}', query => String(query.sizeOctets)],
  ['{remote}', query => formatAddress(query.peer.address)],
  ['{port}', query => String(query.peer.port)],
  ['{local}', query => formatAddress(query.peer.localAddress)],
  ['{>id}', query => String(query.id)],
  ['{>opcode}', query => String(query.opcode)],
  ['{>do}', query => String(query.dnssecOk)],
  ['{>bufsize}', query => String(query.replyLimitOctets)],
  ['{rcode}', (_, reply) => (reply.delivery === Delivery.DROPPED ? EMPTY : formatRcode(reply.rcode))],
  ['{>rflags}', (query, reply) => (reply.delivery === Delivery.DROPPED ? EMPTY : formatFlags(query, reply))],
  ['{rsize}', (query, reply) => String(uncompressedOctets(query, reply))],
  ['{duration}', (_query, _reply, elapsedMs) => `${formatSeconds(elapsedMs)}s`],
])

/** Reads the metadata of a query, `null` when there is none. */
export type ReadMetadata = (label: string, query: Query) => string | null

/**
 * Compiles a format. Placeholders are replaced, `{/label}` by metadata; any other text in braces stays as it is. What has no
 * value becomes `-`.
 */
export function compileFormat(format: string, readMetadata: ReadMetadata): Writer {
  const writers: Writer[] = []
  let at = 0
  // The innermost braces count, so that `{ {type} }` has one placeholder.
  for (const match of format.matchAll(/\{[^{}]*\}/g)) {
    const writer = match[0].startsWith('{/')
      ? metadata(match[0].slice(2, -1), readMetadata)
      : PLACEHOLDERS.get(match[0])
    if (writer === undefined) continue
    writers.push(literal(format.slice(at, match.index)), writer)
    at = match.index + match[0].length
  }
  writers.push(literal(format.slice(at)))
  return (query, reply, elapsedMs) => {
    let line = ''
    for (const write of writers) line += write(query, reply, elapsedMs)
    return line
  }
}

function metadata(label: string, read: ReadMetadata): Writer {
  return query => read(label, query) || EMPTY
}

function literal(text: string): Writer {
  return () => text
}

/** CoreDNS prints a code without a name as a bare number here. */
function formatRcode(rcode: number): string {
  const name = rcodeName(rcode)
  return name.startsWith('RCODE') ? String(rcode) : name
}
