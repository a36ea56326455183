import { randomInt } from 'node:crypto'

/** In which order upstreams are tried. */
export type PolicyName = 'random' | 'round_robin' | 'sequential'

/** The order for the next query. The result is not to be changed. */
export type Policy<T> = (items: readonly T[]) => readonly T[]

/** A policy with a state of its own. */
export function makePolicy<T>(name: PolicyName): Policy<T> {
  switch (name) {
    case 'random':
      return permutation
    case 'round_robin':
      return roundRobin()
    case 'sequential':
      return items => items
  }
}

/** One of the items by chance. */
export function pickRandom<T>(items: readonly T[]): T {
  return items[items.length === 1 ? 0 : randomInt(items.length)]!
}

function permutation<T>(items: readonly T[]): readonly T[] {
  if (items.length < 2) return items
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const other = randomInt(i + 1)
    const kept = order[i]!
    order[i] = order[other]!
    order[other] = kept
  }
  return order
}

/** The first item moves on by one each time; the others keep their order behind it (CoreDNS). */
function roundRobin<T>(): Policy<T> {
  let turn = 0
  return items => {
    if (items.length < 2) return items
    turn = (turn + 1) % items.length
    const first = items[turn]!
    return [first, ...items.filter(item => item !== first)]
  }
}
