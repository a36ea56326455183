import type { Directive } from '#corefile/directive.ts'
import type { BlockSettings } from '#plugin/env.ts'
import { readZones } from '#plugin/zones.ts'
import type { FoldedName } from '#wire/name.ts'

const FROM_NAME = 'namespace-from-name'

/** Where search paths come from. */
export type PathSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'plugin'; readonly plugin: string; readonly byName: boolean }

/** The options of the plugin. */
export interface AutopathOptions {
  readonly zones: readonly FoldedName[]
  readonly source: PathSource
}

/** Reads `autopath [ZONE...] RESOLV-CONF|@PLUGIN [namespace-from-name]`. */
export function parseAutopath(directive: Directive, block: Readonly<BlockSettings>): AutopathOptions {
  const args = [...directive.rest()]
  directive.noBlock()
  const fromName =
    args.at(-1)?.text === FROM_NAME && (args.at(-2)?.text.startsWith('@') ?? false) ? args.pop() : undefined
  const last = args.pop()
  if (last === undefined)
    directive.fail('no resolv-conf specified', directive.name, 'autopath @kubernetes, or the path of a resolv.conf')
  const plugin = last.text.startsWith('@') ? last.text.slice(1) : null
  if (fromName !== undefined && plugin !== 'kubernetes') fromName.fail(`'${FROM_NAME}' is for @kubernetes alone`)
  const source: PathSource =
    plugin === null ? { kind: 'file', path: last.text } : { kind: 'plugin', plugin, byName: fromName !== undefined }
  return Object.freeze({ zones: readZones(args, block.zones), source })
}
