import type { Contender } from '#test/bench/peers/contender.ts'
import { bind } from '#test/bench/peers/servers/bind.ts'
import { ceilings } from '#test/bench/peers/servers/ceilings.ts'
import { coredns } from '#test/bench/peers/servers/coredns.ts'
import { dnsdist } from '#test/bench/peers/servers/dnsdist.ts'
import { dnsmasq } from '#test/bench/peers/servers/dnsmasq.ts'
import { knot } from '#test/bench/peers/servers/knot.ts'
import { nodens, nodensVariants } from '#test/bench/peers/servers/nodens.ts'
import { unbound } from '#test/bench/peers/servers/unbound.ts'
import { outputOf } from '#test/bench/program-output.ts'

/** All servers that can take part. */
const ALL: readonly Contender[] = [
  nodens,
  ...nodensVariants,
  ...ceilings,
  unbound,
  knot,
  bind,
  dnsmasq,
  dnsdist,
  ...coredns,
]

/** Who takes part, with versions, and who is missing. */
export interface Field {
  readonly present: readonly Contender[]
  readonly versions: Readonly<Record<string, string>>
  readonly missing: readonly string[]
}

/** Looks for the servers named, or for all of them when none is. Throws when a name is not known. */
export async function findContenders(only: readonly string[]): Promise<Field> {
  const unknown = only.find(name => !ALL.some(contender => contender.name === name))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${ALL.map(({ name }) => name).join(', ')}`)
  const present: Contender[] = []
  const versions: Record<string, string> = {}
  const missing: string[] = []
  for (const contender of ALL) {
    if (only.length > 0 && !only.includes(contender.name)) continue
    const version = await versionOf(contender)
    if (version === null) missing.push(contender.name)
    else present.push(contender)
    if (version) versions[contender.name] = version
  }
  return { present, versions, missing }
}

/** `''` for what is part of this repository, `null` for what is not installed. */
async function versionOf({ program, versionArguments }: Contender): Promise<string | null> {
  if (versionArguments === null) return ''
  const output = await outputOf(program, versionArguments)
  return output === null ? null : (/\d+\.\d+(\.\d+)*/.exec(output)?.[0] ?? 'unknown')
}
