import { MAX_NAME_OCTETS, Type } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName, nameFromOctets, parentName, ROOT } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/**
 * The records of an answer section that lie on the CNAME and DNAME chain from the question's name; others have no business
 * there and are left out (promiscuous records). Returns its argument when all belong.
 */
export function recordsOnChain(answer: readonly ResourceRecord[], name: FoldedName): readonly ResourceRecord[] {
  if (areOwnedBy(answer, name)) return answer
  const chain = chainNames(aliasesOf(answer), name)
  const kept = answer.filter(record => chain.has(foldName(record.owner)))
  return kept.length === answer.length ? answer : kept
}

function areOwnedBy(answer: readonly ResourceRecord[], name: FoldedName): boolean {
  // The records of a set mostly have it in the same letter case, which need not be folded each time.
  let spelling: Name = name
  for (const { owner } of answer) {
    if (owner === spelling) continue
    if (foldName(owner) !== name) return false
    spelling = owner
  }
  return true
}

interface Aliases {
  readonly cnames: Map<FoldedName, FoldedName[]>
  readonly dnames: Map<FoldedName, FoldedName>
}

function aliasesOf(answer: readonly ResourceRecord[]): Aliases {
  const cnames = new Map<FoldedName, FoldedName[]>()
  const dnames = new Map<FoldedName, FoldedName>()
  for (const record of answer) {
    if (record.type !== Type.CNAME && record.type !== Type.DNAME) continue
    const owner = foldName(record.owner)
    const target = foldName(nameFromOctets(record.rdata))
    if (record.type === Type.DNAME) dnames.set(owner, target)
    else if (cnames.has(owner)) cnames.get(owner)!.push(target)
    else cnames.set(owner, [target])
  }
  return { cnames, dnames }
}

/** Every name that the chain passes, owners of the DNAME records used included. Each name is followed once. */
function chainNames({ cnames, dnames }: Aliases, start: FoldedName): Set<FoldedName> {
  const chain = new Set<FoldedName>([start])
  const owners: FoldedName[] = []
  for (const name of chain) {
    for (const target of cnames.get(name) ?? []) chain.add(target)
    if (dnames.size === 0) continue
    for (let above = name; above !== ROOT; ) {
      above = parentName(above)
      const target = dnames.get(above)
      if (target === undefined) continue
      owners.push(above)
      const redirected = substitute(name, above, target)
      if (redirected !== null) chain.add(redirected)
      break
    }
  }
  for (const owner of owners) chain.add(owner)
  return chain
}

/** The name that a DNAME record redirects to (RFC 6672 section 2.2); `null` when it would be too long. */
function substitute(name: FoldedName, owner: FoldedName, target: Name): FoldedName | null {
  const redirected = name.slice(0, name.length - owner.length) + target
  return redirected.length <= MAX_NAME_OCTETS ? (redirected as FoldedName) : null
}
