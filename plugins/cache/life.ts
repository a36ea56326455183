import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import type { Renewal, ReplyLife, Reuse } from '#plugin/reuse.ts'
import { Flag } from '#wire/constants.ts'

/** How long what is stored is good, and whether it begins anew after that. */
export class Life implements ReplyLife {
  readonly ttlSeconds: number
  #storedAtMs: number
  /** Set when the reply would be made again just as it was until some data changes. */
  renewal: Renewal | null = null
  /** Says whether that data has changed. */
  readonly #data: Reuse | null
  #dataEpochValue: number

  constructor(stored: Reply, ttlSeconds: number, nowMs: number) {
    this.ttlSeconds = ttlSeconds
    this.#storedAtMs = nowMs
    this.#data = isOfData(stored) ? stored.reuse : null
    this.#dataEpochValue = this.#data?.epochValue ?? 0
  }

  get untilMs(): number {
    return this.#storedAtMs + this.ttlSeconds * 1000
  }

  /** Whether the other is as long, and that of a reply made of the same data. */
  isLike(other: Life): boolean {
    return this.ttlSeconds === other.ttlSeconds && this.#data === other.#data
  }

  /** Whole seconds that are left at a moment of the monotonic clock; 0 or less when it is over. */
  remainingSeconds(nowMs: number): number {
    return this.ttlSeconds - Math.max(0, Math.floor((nowMs - this.#storedAtMs) / 1000))
  }

  /** Begins anew, the reply having been made again just as it was. */
  begin(nowMs: number): void {
    this.#storedAtMs = nowMs
    this.#dataEpochValue = this.#data?.epochValue ?? 0
  }

  /** Takes `renewal` if the reply would be made again just as it was until some data changes. */
  offerRenewal(renewal: Renewal): void {
    if (this.#data !== null) this.renewal = renewal
  }

  renew(nowMs: number): boolean {
    if (this.renewal === null || this.#data!.epochValue !== this.#dataEpochValue) return false
    this.begin(nowMs)
    return true
  }
}

/**
 * Whether a reply is made of nothing but data, whose epoch says when it has changed, and every hit is the reply as its first asker
 * gets it: with the flag AA and no other.
 */
function isOfData({ reuse, flags, delivery, options }: Reply): boolean {
  if (delivery !== Delivery.WRITTEN || flags !== Flag.AA || options.length > 0 || reuse === null) return false
  return reuse.untilMs === Number.POSITIVE_INFINITY && reuse.recency === null && reuse.counters.length === 0
}
