import { parseArgs } from 'node:util'
import type { QuerySetName } from '#test/bench/peers/query-sets.ts'

/** What the command line asks for. */
export interface BenchOptions {
  readonly json: boolean
  readonly rounds: number
  readonly seconds: number
  readonly threads: number
  readonly services: number
  /** Names of contenders; empty for all. */
  readonly only: readonly string[]
  readonly sets: readonly QuerySetName[]
}

const SETS: readonly QuerySetName[] = ['cluster', 'external', 'mix']

/** Reads the command line; throws when a value is not possible. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      threads: { type: 'string', default: '1' },
      services: { type: 'string', default: '10000' },
      only: { type: 'string', multiple: true, default: [] },
      sets: { type: 'string', multiple: true, default: [] },
    },
  })
  const names = words(values.sets)
  const unknown = names.find(name => !SETS.some(set => set === name))
  if (unknown !== undefined) throw new Error(`--sets ${unknown}: there are ${SETS.join(', ')}`)
  return {
    json: values.json,
    rounds: count('rounds', values.rounds, 100),
    seconds: count('seconds', values.seconds, 60),
    threads: count('threads', values.threads, 64),
    services: count('services', values.services, 65_000),
    only: words(values.only),
    sets: SETS.filter(set => names.length === 0 || names.includes(set)),
  }
}

function count(option: string, text: string, largest: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value
  throw new Error(`--${option} ${text}: a whole number from 1 to ${largest} is needed`)
}

function words(values: readonly string[]): string[] {
  return values.flatMap(value => value.split(',')).filter(word => word !== '')
}
