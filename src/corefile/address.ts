import type { FoldedName } from '#wire/name.ts'
import { foldName, parseName } from '#wire/name.ts'

/** The zones that a zone argument stands for: one name, or the reverse zones of a CIDR; a text when it is neither. */
export function zonesOf(text: string): readonly FoldedName[] | string {
  const parsed = parseName(text)
  return parsed === null ? `zone is not a valid domain name: ${text}` : [foldName(parsed)]
}
