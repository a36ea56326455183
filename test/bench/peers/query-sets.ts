import type { BenchService } from '#test/bench/peers/cluster.ts'
import {
  CLUSTER_ZONE,
  externalNames,
  namespacesOf,
  portName,
  reverseName,
  serviceName,
} from '#test/bench/peers/cluster.ts'
import { SeededRandom } from '#test/support/random.ts'

/** `cluster` is ClusterIP A, `external` A of names that were forwarded and are cached, `mix` what the pods of a cluster ask. */
export type QuerySetName = 'cluster' | 'external' | 'mix'

/** Questions that all servers are asked, in the same order. */
export interface QuerySet {
  readonly name: QuerySetName
  readonly title: string
  /** Lines of dnsperf's: name and type. */
  readonly lines: readonly string[]
  /** Which part of the answers is NXDOMAIN, from 0 to 1; all others are NOERROR. */
  readonly absentShare: number
}

/** Questions of the first set beyond one for each name. */
const REPEATED_QUESTIONS = 40_000
/** Lookups that pods make in the mix; each leads to one query or several. */
const LOOKUPS = 30_000
/** Services and names outside of the cluster that the pods of one namespace know. */
const SERVICES_KNOWN = 40
const EXTERNAL_NAMES_KNOWN = 10
const SEED = 20_240_817

/** The three sets for a cluster. */
export function querySets(services: readonly BenchService[]): readonly QuerySet[] {
  const random = new SeededRandom(SEED)
  const names = services.map(serviceName)
  const external = externalNames()
  const mix = new Mix(services, random)
  return [
    {
      name: 'cluster',
      title: `ClusterIP A, ${names.length} names`,
      lines: addressQuestions(names, REPEATED_QUESTIONS, random),
      absentShare: 0,
    },
    {
      name: 'external',
      title: `cached external A, ${external.length} names`,
      lines: addressQuestions(external, 0, random),
      absentShare: 0,
    },
    {
      name: 'mix',
      title: 'mix of a cluster: search paths, A and AAAA, SRV, PTR, cached external names',
      lines: mix.lines,
      absentShare: mix.absent / mix.lines.length,
    },
  ]
}

/** Each name once, then names drawn by chance: dnsperf repeats the file, and clients do not ask in turn. */
function addressQuestions(names: readonly string[], more: number, random: SeededRandom): string[] {
  const drawn = Array.from({ length: more }, () => random.pick(names))
  return [...shuffled(names, random), ...drawn].map(name => `${name} A`)
}

/**
 * What pods ask with the search path and the `ndots:5` that Kubernetes gives them: A and AAAA of each name, first with
 * each suffix of the search path until one exists. The pods of a namespace always ask for the same Services and names, a
 * few of them more than the others.
 */
class Mix {
  readonly lines: string[] = []
  /** Lines whose name does not exist. */
  absent = 0
  readonly #random: SeededRandom

  constructor(services: readonly BenchService[], random: SeededRandom) {
    this.#random = random
    const external = externalNames()
    const draw = <T>(items: readonly T[], count: number): T[] => Array.from({ length: count }, () => this.#pick(items))
    const clients = namespacesOf(services).map(namespace => ({
      namespace,
      near: services.filter(service => service.namespace === namespace).slice(0, SERVICES_KNOWN),
      far: draw(services, SERVICES_KNOWN),
      external: draw(external, EXTERNAL_NAMES_KNOWN),
    }))
    for (let i = 0; i < LOOKUPS; i++) this.#lookUp(random.pick(clients), random.below(100))
  }

  #lookUp(client: Client, percent: number): void {
    if (percent < 40) this.#pair(serviceName(this.#pick(client.near)))
    else if (percent < 65) {
      const service = this.#pick(client.far)
      const isWhole = percent >= 55
      const name = isWhole ? serviceName(service) : `${service.name}.${service.namespace}`
      this.#search(name, client.namespace, isWhole ? 3 : 1, serviceName(service))
    } else if (percent < 90) {
      const name = this.#pick(client.external)
      this.#search(name, client.namespace, 3, name)
    } else if (percent < 95) this.lines.push(`${portName(this.#pick(client.far))} SRV`)
    else this.lines.push(`${reverseName(this.#pick(client.far))} PTR`)
  }

  /** So many suffixes in vain, then the name that exists. */
  #search(name: string, namespace: string, misses: number, found: string): void {
    const suffixes = [`${namespace}.svc.${CLUSTER_ZONE}`, `svc.${CLUSTER_ZONE}`, CLUSTER_ZONE]
    for (const suffix of suffixes.slice(0, misses)) {
      this.#pair(`${name}.${suffix}`)
      this.absent += 2
    }
    this.#pair(found)
  }

  #pair(name: string): void {
    this.lines.push(`${name} A`, `${name} AAAA`)
  }

  /** One of the first tenth half of the time. */
  #pick<T>(items: readonly T[]): T {
    const isPopular = this.#random.below(2) === 0
    return items[this.#random.below(isPopular ? Math.ceil(items.length / 10) : items.length)]!
  }
}

/** What the pods of a namespace know. */
interface Client {
  readonly namespace: string
  /** Services of the same namespace. */
  readonly near: readonly BenchService[]
  readonly far: readonly BenchService[]
  readonly external: readonly string[]
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const result = [...items]
  for (let left = result.length; left > 1; left--) {
    const picked = random.below(left)
    const item = result[picked]!
    result[picked] = result[left - 1]!
    result[left - 1] = item
  }
  return result
}
