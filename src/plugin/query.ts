import type { Peer } from '#lib/peer.ts'
import { failure } from '#plugin/reply.ts'
import type { ServerContext } from '#plugin/server-context.ts'
import { Class, Flag, MAX_MESSAGE_OCTETS, MIN_UDP_OCTETS, Rcode } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName, ROOT } from '#wire/name.ts'

const NO_OCTETS = new Uint8Array(0)

const NO_PEER: Peer = {
  family: 4,
  address: '0.0.0.0',
  port: 0,
  localAddress: '0.0.0.0',
  localPort: 0,
  send() {},
  detach() {
    return this
  },
  release() {},
}

const NO_SERVER: ServerContext = {
  label: '',
  scheme: 'dns',
  resolve: () => failure(Rcode.SERVFAIL, new Error('no server to resolve with')),
}

/**
 * One query on its way through the chain (fixed shape; every field is set by `readQuery` or `derive`).
 *
 * While a handler runs it may lower `udpSizeOctets` or change `flags`: later plugins and the reply see that. Once a
 * handler has returned a Reply the object belongs to the transport again and is used for the next message; a handler
 * that returns a promise keeps it.
 */
export class Query {
  /** 16 bits. */
  id = 0
  /** The header's second word as received (see `Flag`), opcode bits included. */
  flags = 0
  /** The question's name in the asker's letter case. */
  name: Name = ROOT
  /** The question's name, folded: what plugins compare. */
  folded: FoldedName = ROOT
  type = 0
  class = 0
  hasEdns = false
  ednsVersion = 0
  /** What the asker can take over UDP, in octets: at least 512. */
  udpSizeOctets: number = MIN_UDP_OCTETS
  /** DO bit (RFC 3225). */
  dnssecOk = false
  /** The EDNS options' octets: code, length, data, repeated (RFC 6891 section 6.1.2). Empty without EDNS. */
  ednsOptions: Uint8Array = NO_OCTETS
  /** The serial of the SOA record in an IXFR query's authority section (RFC 1995 section 3); -1 without such a record. */
  ixfrSerial = -1
  /** Whether the transport is a stream (TCP and what runs over it). */
  isStream = false
  /** Size of the message as received, in octets. */
  sizeOctets = 0
  /** Monotonic milliseconds at which the message was read. */
  receivedAtMs = 0
  /** Monotonic milliseconds after which nobody waits for the answer. */
  deadlineMs: number = Number.POSITIVE_INFINITY
  peer: Peer = NO_PEER
  server: ServerContext = NO_SERVER
  /** The zone of the server block that serves this query; the root before routing. */
  zone: FoldedName = ROOT
  /** How many lookups within the server led here, 0 for a query from outside. */
  depth = 0
  /** What plugins noted about the query while they dealt with it, by label; `null` where nobody can read it (plugin metadata). */
  metadata: Map<string, string> | null = null

  get opcode(): number {
    return (this.flags >> 11) & 15
  }

  get recursionDesired(): boolean {
    return (this.flags & Flag.RD) !== 0
  }

  get checkingDisabled(): boolean {
    return (this.flags & Flag.CD) !== 0
  }

  /** The largest reply that may be sent, in octets: 65535 on a stream, else what the asker takes, 512 without EDNS. */
  get replyLimitOctets(): number {
    return this.isStream ? MAX_MESSAGE_OCTETS : this.udpSizeOctets
  }

  /** The data of the first EDNS option with this code, or `null`. */
  ednsOption(code: number): Uint8Array | null {
    const octets = this.ednsOptions
    for (let at = 0; at + 4 <= octets.length; ) {
      const length = (octets[at + 2]! << 8) | octets[at + 3]!
      if (((octets[at]! << 8) | octets[at + 1]!) === code) return octets.subarray(at + 4, at + 4 + length)
      at += 4 + length
    }
    return null
  }

  /** A query for another question on behalf of the same asker, one level deeper. */
  derive(name: Name, type: number, class_: number = Class.IN): Query {
    const query = this.copy()
    query.name = name
    query.folded = foldName(name)
    query.type = type
    query.class = class_
    query.depth = this.depth + 1
    return query
  }

  /** The same query as an object of its own. */
  copy(): Query {
    const query = new Query()
    query.id = this.id
    query.flags = this.flags
    query.name = this.name
    query.folded = this.folded
    query.type = this.type
    query.class = this.class
    query.hasEdns = this.hasEdns
    query.ednsVersion = this.ednsVersion
    query.udpSizeOctets = this.udpSizeOctets
    query.dnssecOk = this.dnssecOk
    query.ednsOptions = this.ednsOptions
    query.ixfrSerial = this.ixfrSerial
    query.isStream = this.isStream
    query.sizeOctets = this.sizeOctets
    query.receivedAtMs = this.receivedAtMs
    query.deadlineMs = this.deadlineMs
    query.peer = this.peer
    query.server = this.server
    query.zone = this.zone
    query.depth = this.depth
    query.metadata = this.metadata
    return query
  }

  /** Takes what still lies in the transport's memory into its own; called once a handler has returned a promise. */
  detach(): void {
    this.peer = this.peer.detach()
    if (this.ednsOptions.length > 0) this.ednsOptions = this.ednsOptions.slice()
  }
}
