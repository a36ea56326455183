import type { Directive } from '#corefile/directive.ts'
import type { Key } from '#corefile/key.ts'

/** Server block: what is served, and how. */
export interface ServerBlock {
  /** At least one; a CIDR has become a key for each of its reverse zones. */
  readonly keys: readonly Key[]
  /** Each occurrence apart, in the order of the file. */
  readonly directives: readonly Directive[]
}
