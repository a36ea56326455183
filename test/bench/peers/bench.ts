import type { ExpectedAnswers } from '#test/bench/peers/answers.ts'
import type { Site } from '#test/bench/peers/contender.ts'
import type { Pinning } from '#test/bench/peers/pinning.ts'
import type { QuerySet } from '#test/bench/peers/query-sets.ts'

/** What all measurements have in common. Temporary directories go into `directory`. */
export interface Bench extends Omit<Site, 'port'> {
  readonly sets: readonly QuerySet[]
  readonly expected: ExpectedAnswers
  readonly warmUpSeconds: number
  /** How long each load lasts. */
  readonly seconds: number
  /** How many turns each server has with each set. */
  readonly turns: number
  /** A rate at which all servers are asked besides half of their peak, in queries a second; 0 for none. */
  readonly rate: number
  readonly pinning: Pinning
}
