import type { Slot } from '#plugin/metrics.ts'
import type { Recency, Renewal, Reuse } from '#plugin/reuse.ts'

/** The reuse of a reply that passed through a cache: as it was, with more counters that go up each time that it is sent. */
export class Passing implements Reuse {
  readonly #reuse: Reuse
  readonly #more: readonly Slot[]

  constructor(reuse: Reuse, more: readonly Slot[]) {
    this.#reuse = reuse
    this.#more = more
  }

  keep(): void {
    this.#reuse.keep()
  }

  get author(): string {
    return this.#reuse.author
  }

  get epoch(): number {
    return this.#reuse.epoch
  }

  get epochValue(): number {
    return this.#reuse.epochValue
  }

  get untilMs(): number {
    return this.#reuse.untilMs
  }

  get countsDown(): boolean {
    return this.#reuse.countsDown
  }

  get counters(): readonly Slot[] {
    return [...this.#reuse.counters, ...this.#more]
  }

  get recency(): Recency | null {
    return this.#reuse.recency
  }

  get renewal(): Renewal | null {
    return this.#reuse.renewal
  }
}
