import type { AnswerCache } from '#plugin/capability.ts'
import type { Epochs } from '#plugin/epochs.ts'
import { ResponseKind } from '#plugin/response-kind.ts'
import type { Entry } from '#plugins/cache/entry.ts'
import type { CacheOptions } from '#plugins/cache/options.ts'
import { isSuccess } from '#plugins/cache/storable.ts'
import { Store } from '#plugins/cache/store.ts'
import type { FoldedName } from '#wire/name.ts'

/** The two stores of a cache: one of answers and referrals, one of denials and failures. */
export class Stores implements AnswerCache {
  readonly success: Store
  readonly denial: Store
  readonly #staleSeconds: number
  readonly #preferPositive: boolean
  /** Whether what is stored may be asked for anew before its place is empty. */
  readonly #refreshes: boolean

  constructor({ success, denial, stale, preferPositive, prefetch }: CacheOptions, epochs: Epochs) {
    this.success = new Store(success.capacity, epochs, prefetch !== null)
    this.denial = new Store(denial.capacity, epochs, prefetch !== null)
    this.#staleSeconds = stale?.seconds ?? 0
    this.#preferPositive = preferPositive
    this.#refreshes = stale !== null || prefetch !== null
  }

  /** The store for replies of a kind, never `OTHER`. */
  of(kind: ResponseKind): Store {
    return isSuccess(kind) ? this.success : this.denial
  }

  /**
   * What answers a question now, over or not; `null` if nothing does. What is good goes before what is over. A denial outweighs an
   * answer, but a failure does not: it must not hide data that can still be used.
   */
  find(key: string, nowMs: number): Entry | null {
    if (this.#preferPositive) {
      const positive = this.success.get(key)
      if (positive?.isAnswering && this.#isUsable(positive, nowMs)) return positive
    }
    const denial = this.denial.get(key)
    const isDenied = denial !== undefined && denial.life.remainingSeconds(nowMs) > 0
    if (isDenied && denial.kind !== ResponseKind.SERVER_FAILURE) return denial
    const success = this.success.get(key)
    if (success !== undefined && success.life.remainingSeconds(nowMs) > 0) return success
    if (this.#staleSeconds > 0) {
      // It is newer than an answer beside it, since that would have taken its place.
      if (denial !== undefined && this.#isStale(denial, nowMs)) return denial
      if (success !== undefined && this.#isStale(success, nowMs)) return success
    }
    return isDenied ? denial : null
  }

  /** Whether an entry stays when there is a newer reply without records of the type asked for. */
  isPreferred(entry: Entry, nowMs: number): boolean {
    return this.#preferPositive && entry.isAnswering && this.#isUsable(entry, nowMs)
  }

  /** Gives up what an entry that was stored just now is newer than, in the other store. */
  settle(key: string, entry: Entry): void {
    if (!isSuccess(entry.kind)) {
      if (entry.kind !== ResponseKind.SERVER_FAILURE) this.success.forgetEvicted(key)
    } else if (this.#refreshes && (entry.isAnswering || !this.#preferPositive)) this.denial.delete(key)
    else this.denial.forgetEvicted(key)
  }

  get isEmpty(): boolean {
    return this.success.isEmpty && this.denial.isEmpty
  }

  track(zones: readonly FoldedName[]): void {
    this.success.track(zones)
    this.denial.track(zones)
  }

  drop(name: FoldedName): void {
    this.success.drop(name)
    this.denial.drop(name)
  }

  dropBelow(name: FoldedName, isMeant?: (below: FoldedName) => boolean): void {
    this.success.dropBelow(name, isMeant)
    this.denial.dropBelow(name, isMeant)
  }

  /** Whether an entry is good, or over for no longer than it may be served stale. */
  #isUsable(entry: Entry, nowMs: number): boolean {
    const seconds = entry.life.remainingSeconds(nowMs)
    return seconds > 0 || -seconds < this.#staleSeconds
  }

  /** Failures are never served stale. */
  #isStale(entry: Entry, nowMs: number): boolean {
    return entry.kind !== ResponseKind.SERVER_FAILURE && this.#isUsable(entry, nowMs)
  }
}
