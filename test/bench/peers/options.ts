import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { QuerySetName } from '#test/bench/peers/query-sets.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** What the command line asks for. */
export interface BenchOptions {
  readonly json: boolean
  readonly rounds: number
  /** How long a server is at most under full load before it is measured with a set, in seconds. */
  readonly warmUp: number
  /** How long each load of a measurement lasts. */
  readonly seconds: number
  /** How many turns each server has with each set in each round. */
  readonly turns: number
  /** Queries a second at which all servers are asked besides half of their peak; 0 for none. */
  readonly rate: number
  readonly threads: number
  readonly services: number
  /** The program of Nodens, src/main.ts or what `npm run build` makes. */
  readonly main: string
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
      'warm-up': { type: 'string', default: '20' },
      seconds: { type: 'string', default: '3' },
      turns: { type: 'string', default: '3' },
      rate: { type: 'string', default: '40000' },
      threads: { type: 'string', default: '1' },
      services: { type: 'string', default: '10000' },
      main: { type: 'string', default: `${REPOSITORY}src/main.ts` },
      only: { type: 'string', multiple: true, default: [] },
      sets: { type: 'string', multiple: true, default: [] },
    },
  })
  if (!existsSync(values.main))
    throw new Error(`--main ${values.main}: there is no such file; npm run build makes dist/src/main.js`)
  const names = words(values.sets)
  const unknown = names.find(name => !SETS.some(set => set === name))
  if (unknown !== undefined) throw new Error(`--sets ${unknown}: there are ${SETS.join(', ')}`)
  return {
    json: values.json,
    rounds: count('rounds', values.rounds, 1, 100),
    warmUp: count('warm-up', values['warm-up'], 1, 60),
    seconds: count('seconds', values.seconds, 1, 60),
    turns: count('turns', values.turns, 1, 100),
    rate: count('rate', values.rate, 0, 10_000_000),
    threads: count('threads', values.threads, 1, 64),
    services: count('services', values.services, 1, 65_000),
    main: resolve(values.main),
    only: words(values.only),
    sets: SETS.filter(set => names.length === 0 || names.includes(set)),
  }
}

function count(option: string, text: string, least: number, largest: number): number {
  const value = Number(text)
  if (text !== '' && Number.isInteger(value) && value >= least && value <= largest) return value
  throw new Error(`--${option} ${text}: a whole number from ${least} to ${largest} is needed`)
}

function words(values: readonly string[]): string[] {
  return values.flatMap(value => value.split(',')).filter(word => word !== '')
}
