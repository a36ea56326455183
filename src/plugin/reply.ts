import type { Reuse } from '#plugin/reuse.ts'
import { Rcode } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'
import type { ResourceRecord } from '#wire/record.ts'

const NO_RECORDS: readonly ResourceRecord[] = Object.freeze([])
const NO_OPTIONS: readonly EdnsOption[] = Object.freeze([])

/** What a reply may be made of; what is left out is empty. */
export interface ReplyParts {
  /** 12 bits. */
  readonly rcode?: number
  /** `Flag.AA`, `Flag.TC`, `Flag.RA` and `Flag.AD` that are to be set; QR, RD, CD and the opcode follow the query. */
  readonly flags?: number
  readonly answer?: readonly ResourceRecord[]
  readonly authority?: readonly ResourceRecord[]
  /** Without the OPT record: the server writes that. */
  readonly additional?: readonly ResourceRecord[]
  /** EDNS options to send when the query had an OPT record. */
  readonly options?: readonly EdnsOption[]
  /** When not negative, the time to live with which every record leaves, whatever the record says. */
  readonly uniformTtlSeconds?: number
  /** What went wrong, for the errors plugin. */
  readonly error?: Error | null
  /** For how long the reply may be sent again from the packet cache; `null`, which is the default, for not at all. */
  readonly reuse?: Reuse | null
  /**
   * The answer sections of the messages that follow this one, each with the same header and question; `null` for a reply of
   * one message. For queries on a stream alone, and read once, as fast as the client takes them.
   */
  readonly more?: Iterable<readonly ResourceRecord[]> | null
}

/** Whether and how a reply reaches the asker. */
export const Delivery = {
  /** A plugin made this reply. */
  WRITTEN: 0,
  /** No plugin did: the server sends the bare rcode. */
  BARE: 1,
  /** Nothing is sent. */
  DROPPED: 2,
} as const
export type Delivery = (typeof Delivery)[keyof typeof Delivery]

/**
 * What a handler answers. Never changed once made: caches keep replies and plugins hand them on, so a plugin that wants
 * another reply makes one with `with`.
 */
export class Reply {
  readonly delivery: Delivery
  /** The plugin that made the reply (label `plugin` of `coredns_dns_responses_total`); empty when the server did. */
  readonly author: string
  readonly rcode: number
  readonly flags: number
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
  readonly options: readonly EdnsOption[]
  readonly uniformTtlSeconds: number
  readonly error: Error | null
  readonly reuse: Reuse | null
  readonly more: Iterable<readonly ResourceRecord[]> | null

  constructor(delivery: Delivery, author: string, parts: ReplyParts) {
    this.delivery = delivery
    this.author = author
    this.rcode = parts.rcode ?? Rcode.NOERROR
    this.flags = parts.flags ?? 0
    this.answer = parts.answer ?? NO_RECORDS
    this.authority = parts.authority ?? NO_RECORDS
    this.additional = parts.additional ?? NO_RECORDS
    this.options = parts.options ?? NO_OPTIONS
    this.uniformTtlSeconds = parts.uniformTtlSeconds ?? -1
    this.error = parts.error ?? null
    this.reuse = parts.reuse ?? null
    this.more = parts.more ?? null
  }

  /** This reply with some parts changed, its author and reuse kept. A bare or dropped reply stays so. */
  with(parts: ReplyParts): Reply {
    // Written out, since this runs for most replies and spreading the two objects takes eight times as long.
    return new Reply(this.delivery, this.author, {
      rcode: parts.rcode ?? this.rcode,
      flags: parts.flags ?? this.flags,
      answer: parts.answer ?? this.answer,
      authority: parts.authority ?? this.authority,
      additional: parts.additional ?? this.additional,
      options: parts.options ?? this.options,
      uniformTtlSeconds: parts.uniformTtlSeconds ?? this.uniformTtlSeconds,
      error: parts.error === undefined ? this.error : parts.error,
      reuse: parts.reuse === undefined ? this.reuse : parts.reuse,
      more: parts.more === undefined ? this.more : parts.more,
    })
  }
}

/** The same reply, made by another plugin. */
export function replyBy(author: string, made: Reply): Reply {
  return new Reply(made.delivery, author, made)
}

/** A reply made by the plugin `author`. */
export function reply(author: string, parts: ReplyParts): Reply {
  return new Reply(Delivery.WRITTEN, author, parts)
}

/**
 * A failure that no plugin has written: the server sends `rcode` with the question and nothing else, and the errors
 * plugin logs `error`. For FORMERR, SERVFAIL, NOTIMP and REFUSED.
 */
export function failure(rcode: number, error: Error | null = null): Reply {
  return new Reply(Delivery.BARE, '', { rcode, error })
}

/** No answer at all. */
export const DROPPED: Reply = new Reply(Delivery.DROPPED, '', {})
