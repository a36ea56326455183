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

/** Text between two parts that differ among askers: the same in every line (`constant`), or written anew for each reply. */
interface Text {
  readonly constant: string | null
  readonly writers: readonly Writer[]
}

/** A compiled format. */
export interface LineFormat {
  /** The line for a query and its reply; `elapsedMs` is the time since the query was read, in milliseconds. */
  line(query: Query, reply: Reply, elapsedMs: number): string
  /** What the lines have in common of all queries like this one that are answered at once with this reply. */
  note(query: Query, reply: Reply): string
  /** The line of one of them. */
  lineOf(note: string, peer: Peer, id: number): string
}

/** Stands between the texts of a note; left out of formats, and nothing else that is printed holds it. */
const SEPARATOR = '\0'

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
  const { texts, askers } = split(format.replaceAll(SEPARATOR, ''), readMetadata)
  const noted = texts.filter(({ constant }) => constant === null)
  return {
    line(query, reply, elapsedMs) {
      let line = ''
      for (let i = 0; i < texts.length; i++) {
        if (i > 0) line += askers[i - 1]!(query.peer, query.id)
        line += texts[i]!.constant ?? write(texts[i]!, query, reply, elapsedMs)
      }
      return line
    },
    note: (query, reply) => noted.map(text => write(text, query, reply, 0)).join(SEPARATOR),
    lineOf(note, peer, id) {
      const notes = noted.length > 1 ? note.split(SEPARATOR) : null
      let line = ''
      let at = 0
      for (let i = 0; i < texts.length; i++) {
        if (i > 0) line += askers[i - 1]!(peer, id)
        line += texts[i]!.constant ?? (notes === null ? note : notes[at++]!)
      }
      return line
    },
  }
}

/** The texts of a format, and what stands between each and the next. */
function split(format: string, readMetadata: ReadMetadata): { texts: readonly Text[]; askers: readonly AskerWriter[] } {
  const texts: Text[] = []
  const askers: AskerWriter[] = []
  let writers: (string | Writer)[] = []
  let at = 0
  // The innermost braces count, so that `{ {type} }` has one placeholder.
  for (const match of format.matchAll(/\{[^{}]*\}/g)) {
    const writer = match[0].startsWith('{/')
      ? metadata(match[0].slice(2, -1), readMetadata)
      : (PLACEHOLDERS.get(match[0]) ?? null)
    const asker = ASKER_PLACEHOLDERS.get(match[0]) ?? null
    if (writer === null && asker === null) continue
    writers.push(format.slice(at, match.index))
    at = match.index + match[0].length
    if (writer !== null) writers.push(writer)
    else {
      texts.push(textOf(writers))
      askers.push(asker!)
      writers = []
    }
  }
  texts.push(textOf([...writers, format.slice(at)]))
  return { texts, askers }
}

function textOf(parts: readonly (string | Writer)[]): Text {
  const isConstant = parts.every(part => typeof part === 'string')
  return {
    constant: isConstant ? parts.join('') : null,
    writers: parts.map(part => (typeof part === 'string' ? () => part : part)),
  }
}

/** `join` makes one piece of it, where adding up leaves V8 a tree of pieces to go through when the line is written. */
function write({ writers }: Text, query: Query, reply: Reply, elapsedMs: number): string {
  return writers.map(writer => writer(query, reply, elapsedMs)).join('')
}

function metadata(label: string, read: ReadMetadata): Writer {
  return query => read(label, query) || EMPTY
}

/** CoreDNS prints a code without a name as a bare number here. */
function formatRcode(rcode: number): string {
  const name = rcodeName(rcode)
  return name.startsWith('RCODE') ? String(rcode) : name
}
