import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'

/** sched_setscheduler(2). */
const SCHED_OTHER = 0
const SCHED_BATCH = 3
/** Stands for the calling thread. */
const SELF = 0
/** `struct sched_param`: a priority, which has to be 0 for both policies. */
const PARAMETER_OCTETS = 4

/**
 * Has this thread, while it is told to, interrupt nobody when a message wakes it (SCHED_BATCH): it runs when whoever has its processor is
 * through or has had its time. A client on the same processor else waits after each of its questions until that one is answered, and the
 * thread wakes for each. With a processor of its own a thread answers later for it, and no more (docs/performance-history.md).
 */
export class BatchPolicy {
  readonly #c: CLibrary
  readonly #parameters: NativeMemory
  #isKept = false
  #isOurs = false

  constructor(c: CLibrary) {
    this.#c = c
    this.#parameters = new NativeMemory(c, PARAMETER_OCTETS)
  }

  /** Has the thread keep to that from now on, or no more. A policy that somebody else has given it stays. */
  keep(isKept: boolean): void {
    if (isKept === this.#isKept) return
    this.#isKept = isKept
    if (isKept) this.#isOurs = this.#c.schedGetscheduler(SELF) === SCHED_OTHER && this.#use(SCHED_BATCH)
    else if (this.#isOurs) this.#use(SCHED_OTHER)
  }

  #use(policy: number): boolean {
    return this.#c.schedSetscheduler(SELF, policy, this.#parameters.address) === 0
  }
}
