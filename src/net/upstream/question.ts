import type { FoldedName, Name } from '#wire/name.ts'

/** What is asked of an upstream: the parts of a client's query that go on, and nothing else of it. */
export interface UpstreamQuestion {
  /** In the letter case in which it is sent. */
  readonly name: Name
  readonly folded: FoldedName
  readonly type: number
  readonly class: number
  /** Those of `Flag.RD`, `Flag.CD` and `Flag.AD` that are set. */
  readonly flags: number
  /** Whether to send an OPT record: ours, never the client's. */
  readonly edns: boolean
  /** DO bit; needs `edns`. */
  readonly dnssecOk: boolean
}

/** The UDP size we advertise and accept, in octets: it crosses common paths without fragments (RFC 9715 section 3). */
export const UDP_SIZE_OCTETS = 1232
