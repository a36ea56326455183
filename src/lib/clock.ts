import { performance } from 'node:perf_hooks' // The global of that name is a getter, to be looked up and called each time.

/** Where time comes from, so that tests can move it. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back and does not follow wall-clock changes. */
  nowMs(): number
  /** Milliseconds since 1970-01-01 UTC by the wall clock. */
  wallMs(): number
}

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
}
