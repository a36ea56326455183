import type { Peer } from '#lib/peer.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { uncompressedOctets } from '#plugin/reply-size.ts'
import { formatAddress, formatFlags, formatSeconds } from '#plugins/log/text.ts'
import { className, rcodeName, typeName } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

/** Writes the part of a line that one placeholder stands for. `elapsedMs` is the time since the query was read. */
type Writer = (query: Query, reply: Reply, elapsedMs: number) => string

/** Writes a part that differs among the askers of one question. */
type AskerWriter = (peer: Peer, id: number) => string

/** A part of a line: one of the two. */
interface Part {
  readonly write: Writer | null
  readonly writeAsker: AskerWriter | null
}

/** A compiled format. */
export interface LineFormat {
  /** The line for a query and its reply; `elapsedMs` is the time since the query was read, in milliseconds. */
  line(query: Query, reply: Reply, elapsedMs: number): string
  /** Writes the lines for further queries like this one that are answered at once with this reply. */
  ofRepeats(query: Query, reply: Reply): (peer: Peer, id: number) => string
}

/** What is printed where there is nothing to say. */
const EMPTY = '-'

const PLACEHOLDERS: ReadonlyMap<string, Writer> = new Map<string, Writer>([
  ['{type}', query => typeName(query.type)],
  ['{class}', query => className(query.class)],
  ['{name}', query => formatName(query.folded)],
  ['{proto}', query => (query.isStream ? 'tcp' : 'udp')],
  ['{size}', query => String(query.sizeOctets)],
  ['{>opcode}', query => String(query.opcode)],
  ['{>do}', query => String(query.dnssecOk)],
  ['{>bufsize}', query => String(query.replyLimitOctets)],
  ['{rcode}', (_, reply) => (reply.delivery === Delivery.DROPPED ? EMPTY : formatRcode(reply.rcode))],
  ['{>rflags}', (query, reply) => (reply.delivery === Delivery.DROPPED ? EMPTY : formatFlags(query, reply))],
  ['{rsize}', (query, reply) => String(uncompressedOctets(query, reply))],
  ['{duration}', (_query, _reply, elapsedMs) => `${formatSeconds(elapsedMs)}s`],
])

const ASKER_PLACEHOLDERS: ReadonlyMap<string, AskerWriter> = new Map<string, AskerWriter>([
  ['{remote}', peer => formatAddress(peer.address)],
  ['{port}', peer => String(peer.port)],
  ['{local}', peer => formatAddress(peer.localAddress)],
  ['{>id}', (_, id) => String(id)],
])

/** Reads the metadata of a query, `null` when there is none. */
export type ReadMetadata = (label: string, query: Query) => string | null

/**
 * Compiles a format. Placeholders are replaced, `{/label}` by metadata; any other text in braces stays as it is. What has no
 * value becomes `-`.
 */
export function compileFormat(format: string, readMetadata: ReadMetadata): LineFormat {
  const parts: Part[] = []
  let at = 0
  // The innermost braces count, so that `{ {type} }` has one placeholder.
  for (const match of format.matchAll(/\{[^{}]*\}/g)) {
    const write = match[0].startsWith('{/')
      ? metadata(match[0].slice(2, -1), readMetadata)
      : (PLACEHOLDERS.get(match[0]) ?? null)
    const writeAsker = ASKER_PLACEHOLDERS.get(match[0]) ?? null
    if (write === null && writeAsker === null) continue
    parts.push({ write: literal(format.slice(at, match.index)), writeAsker: null }, { write, writeAsker })
    at = match.index + match[0].length
  }
  parts.push({ write: literal(format.slice(at)), writeAsker: null })
  return {
    line(query, reply, elapsedMs) {
      let line = ''
      for (const { write, writeAsker } of parts) {
        line += write === null ? writeAsker!(query.peer, query.id) : write(query, reply, elapsedMs)
      }
      return line
    },
    ofRepeats: (query, reply) => lineOfRepeats(parts, query, reply),
  }
}

/**
 * Text that is the same for every asker is put together once. `join` makes one piece of it, where adding up leaves V8 a tree
 * of pieces to go through each time that the text is written.
 */
function lineOfRepeats(parts: readonly Part[], query: Query, reply: Reply): (peer: Peer, id: number) => string {
  const texts: string[][] = [[]]
  const askers: AskerWriter[] = []
  for (const { write, writeAsker } of parts) {
    if (write !== null) texts.at(-1)!.push(write(query, reply, 0))
    else {
      askers.push(writeAsker!)
      texts.push([])
    }
  }
  const [start, ...after] = texts.map(pieces => pieces.join(''))
  return (peer, id) => {
    let line = start!
    for (let i = 0; i < askers.length; i++) line += askers[i]!(peer, id) + after[i]!
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
