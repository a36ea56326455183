import { addressOctets } from '#lib/cidr.ts'
import type { OrderAddresses } from '#plugins/loadbalance/section.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, parseName } from '#wire/name.ts'

/** Weights by name, then by address (one char an octet). An address without one weighs 1. */
export type Weights = ReadonlyMap<FoldedName, ReadonlyMap<string, number>>

const DEFAULT_WEIGHT = 1
const MAX_WEIGHT = 255

/** Reads a weight file: a line with a name, then a line `IP WEIGHT` for each of its addresses. A text says what is wrong. */
export function parseWeights(text: string): Weights | string {
  const weights = new Map<FoldedName, Map<string, number>>()
  let current: Map<string, number> | undefined
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const words = lines[i]!.replace(/#.*$/, '').trim().split(/\s+/)
    if (words[0] === '') continue
    if (words.length === 1) {
      const name = parseName(words[0]!)
      if (name === null) return `line ${i + 1}: '${words[0]}' is not a domain name`
      const folded = foldName(name)
      current = weights.get(folded) ?? new Map()
      weights.set(folded, current)
      continue
    }
    if (current === undefined) return `line ${i + 1}: an address before the first domain name`
    const problem = addWeight(current, words)
    if (problem !== '') return `line ${i + 1}: ${problem}`
  }
  return weights
}

/** Brings one address to the front, each as likely as its weight says; the address that was there takes its place. */
export function weightedFirst(weights: () => Weights): OrderAddresses {
  return function orderByWeight(records, start, end, below) {
    const known = weights()
    let sum = 0
    for (let i = start; i < end; i++) sum += weightOf(known, records[i]!)
    let left = below(sum)
    let picked = start
    while (left >= weightOf(known, records[picked]!)) left -= weightOf(known, records[picked++]!)
    const first = records[start]!
    records[start] = records[picked]!
    records[picked] = first
  }
}

function weightOf(weights: Weights, { owner, rdata }: { owner: string; rdata: Uint8Array }): number {
  const ofName = weights.get(foldName(owner as FoldedName))
  return ofName?.get(addressKey(rdata)) ?? DEFAULT_WEIGHT
}

function addWeight(weights: Map<string, number>, words: readonly string[]): string {
  if (words.length !== 2) return 'not of the form IP WEIGHT'
  const octets = addressOctets(words[0]!)
  if (octets === null) return `'${words[0]}' is not an IP address`
  const weight = /^\d+$/.test(words[1]!) ? Number(words[1]) : 0
  if (weight < 1 || weight > MAX_WEIGHT) return `weight '${words[1]}' is not a whole number from 1 to ${MAX_WEIGHT}`
  weights.set(addressKey(octets), weight)
  return ''
}

function addressKey(octets: Uint8Array): string {
  return String.fromCharCode(...octets)
}
