import type { Clock } from '#lib/clock.ts'
import type { Peer } from '#lib/peer.ts'
import type { Responder } from '#net/responder.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { DROPPED, failure } from '#plugin/reply.ts'
import type { ServerContext } from '#plugin/server-context.ts'
import { admit, Verdict } from '#server/admit.ts'
import { compose, composeHeader } from '#server/compose.ts'
import type { PacketCache } from '#server/packet-cache.ts'
import { readQuery } from '#server/read-query.ts'
import type { Route, Router } from '#server/router.ts'
import { Class, MAX_MESSAGE_OCTETS, Rcode } from '#wire/constants.ts'
import { WireFailure } from '#wire/failure.ts'

/** How many lookups within the server one query may lead to in a row (CNAME chains across plugins). */
const MAX_DEPTH = 10

/** Replies of many messages that may be on their way at once; each can take long, and as much memory as what it is made from. */
const MAX_STREAMED = 8

const BADVERS: Reply = failure(Rcode.BADVERS)
const REFUSED: Reply = failure(Rcode.REFUSED)
const TOO_MANY_STREAMED: Reply = failure(Rcode.SERVFAIL)
const TOO_DEEP: Reply = failure(Rcode.SERVFAIL, new Error('maximum depth of lookups within the server reached'))

/** What a server is made of. */
export interface ServerOptions {
  readonly label: string
  readonly scheme: string
  readonly router: Router
  readonly events: ServerEvents
  readonly clock: Clock
  /** `null` for none: every reply then comes from the chains. */
  readonly packets: PacketCache | null
}

/** What a server tells others of what happens in it. */
export interface ServerEvents {
  /** A message that never became a query: dropped, or answered by a header. */
  rejected(reason: string): void
  /** A query that reached no chain, and how it was answered. */
  unrouted(query: Query, reply: Reply): void
  /** A throw in the chain, already answered with SERVFAIL. */
  panic(error: unknown): void
}

/**
 * Serves one listen address: admits messages, reads them, routes them to a server block's chain and composes the reply.
 * The path of a reply at hand makes no promise and reuses one Query.
 */
export class Server implements Responder, ServerContext {
  readonly label: string
  readonly scheme: string
  readonly #router: Router
  readonly #events: ServerEvents
  readonly #clock: Clock
  readonly #packets: PacketCache | null
  #nowMs = 0
  #isSettled = true
  #query: Query = new Query()
  #pending = 0
  #streamed = 0
  #whenIdle: (() => void) | null = null
  readonly resolve: Handler = query => (query.depth > MAX_DEPTH ? TOO_DEEP : this.#dispatch(query))

  constructor(options: ServerOptions) {
    this.label = options.label
    this.scheme = options.scheme
    this.#router = options.router
    this.#events = options.events
    this.#clock = options.clock
    this.#packets = options.packets
  }

  /** How many queries wait for a promise. */
  get pending(): number {
    return this.#pending
  }

  begin(): void {
    this.#nowMs = this.#clock.nowMs()
    this.#isSettled = true
    this.#packets?.begin(this.#nowMs)
  }

  /** What a chain leaves behind is not known, unless its replies may be sent again without it. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  answer(
    octets: Uint8Array,
    start: number,
    end: number,
    peer: Peer,
    isStream: boolean,
    out: Uint8Array,
    outStart: number,
  ): number {
    const packets = this.#packets
    if (packets !== null) {
      const length = packets.serve(octets, start, end, peer, isStream, out, outStart)
      if (length > 0) return length
    }
    const verdict = admit(octets, start, end)
    if (verdict !== Verdict.ACCEPT) return this.#reject(verdict, octets, start, out, outStart)
    const query = this.#query
    const malformed = readQuery(query, octets, start, end)
    if (malformed !== WireFailure.NONE) {
      return this.#reject(Verdict.FORMAT_ERROR, octets, start, out, outStart)
    }
    query.isStream = isStream
    query.peer = peer
    query.server = this
    query.receivedAtMs = this.#nowMs
    let answer: Answer
    try {
      answer = this.#dispatch(query)
    } catch (error) {
      answer = this.#panic(error)
    }
    if (answer instanceof Promise || answer.more !== null) {
      this.#isSettled = false
      this.#answerLater(query, answer)
      return 0
    }
    const length = this.#compose(query, answer, out, outStart)
    const block = answer.reuse === null || packets === null ? null : this.#router.find(query.folded, query.type)!.reuse
    if (block === null) this.#isSettled = false
    else packets!.store(octets, start, end, query, answer, block, out, outStart, length)
    return length
  }

  /** Settles once no query waits, or after `graceMs` milliseconds. */
  idle(graceMs: number): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, graceMs)
      this.#whenIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #dispatch(query: Query): Answer {
    if (query.ednsVersion !== 0) return BADVERS
    const route: Route | undefined = this.#router.find(query.folded, query.type)
    if (route === undefined || route.handler === null || (query.class !== Class.IN && !route.servesOtherClasses)) {
      this.#events.unrouted(query, REFUSED)
      return REFUSED
    }
    query.zone = route.zone
    return route.handler(query)
  }

  #answerLater(query: Query, answer: Answer): void {
    query.detach()
    this.#query = new Query()
    this.#pending++
    Promise.resolve(answer).then(
      reply => (reply.more === null ? this.#send(query, reply) : void this.#sendAll(query, reply, reply.more)),
      (error: unknown) => this.#send(query, this.#panic(error)),
    )
  }

  /** Sends message by message, each when the client has taken the ones before. */
  async #sendAll(query: Query, reply: Reply, more: NonNullable<Reply['more']>): Promise<void> {
    const { peer } = query
    if (peer.sendPart === undefined || this.#streamed >= MAX_STREAMED) {
      this.#send(query, TOO_MANY_STREAMED)
      return
    }
    this.#streamed++
    let next = reply
    try {
      for (const answer of more) {
        const length = this.#compose(query, next, lateReply, 0)
        if (!(await peer.sendPart(lateReply.subarray(0, length)))) {
          next = DROPPED
          break
        }
        next = reply.with({ answer, authority: [], additional: [] })
      }
    } catch (error) {
      next = this.#panic(error)
    }
    this.#streamed--
    this.#send(query, next)
  }

  #send(query: Query, reply: Reply): void {
    const length = this.#compose(query, reply, lateReply, 0)
    if (length > 0) query.peer.send(lateReply.subarray(0, length))
    else query.peer.release()
    this.#pending--
    if (this.#pending === 0) this.#whenIdle?.()
  }

  #compose(query: Query, reply: Reply, out: Uint8Array, outStart: number): number {
    try {
      return compose(query, reply, out, outStart)
    } catch (error) {
      return compose(query, this.#panic(error), out, outStart)
    }
  }

  #panic(error: unknown): Reply {
    this.#events.panic(error)
    return failure(Rcode.SERVFAIL)
  }

  #reject(verdict: Verdict, octets: Uint8Array, start: number, out: Uint8Array, outStart: number): number {
    if (verdict === Verdict.DROP) {
      this.#events.rejected('dropped')
      return 0
    }
    const notImplemented = verdict === Verdict.NOT_IMPLEMENTED
    this.#events.rejected(notImplemented ? 'opcode' : 'format')
    return composeHeader(octets, start, notImplemented ? Rcode.NOTIMP : Rcode.FORMERR, out, outStart)
  }
}

const lateReply = new Uint8Array(MAX_MESSAGE_OCTETS)
