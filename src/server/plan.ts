import { dirname, resolve } from 'node:path'
import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Key } from '#corefile/key.ts'
import { formatKey } from '#corefile/key.ts'
import type { Corefile } from '#corefile/parser.ts'
import type { ServerBlock } from '#corefile/server-block.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import type { BlockSettings } from '#plugin/env.ts'

/** A plugin of a block with its options, before anything is opened. */
export interface PlannedPlugin {
  readonly definition: AnyPlugin
  readonly options: unknown
}

/** A server block whose directives have been read. */
export interface PlannedBlock {
  readonly keys: readonly Key[]
  readonly settings: BlockSettings
  /** In the order of the chain. */
  readonly plugins: readonly PlannedPlugin[]
}

/**
 * Reads the directives of every block with their plugins' parsers, without opening anything. What is wrong is added to
 * `problems`; the plan may only be built if there is none.
 */
export function planBlocks(corefile: Corefile, plugins: readonly AnyPlugin[], problems: Problems): PlannedBlock[] {
  return corefile.blocks.map(block => planBlock(block, plugins, problems))
}

function planBlock(block: ServerBlock, plugins: readonly AnyPlugin[], problems: Problems): PlannedBlock {
  const byName = new Map(plugins.map(plugin => [plugin.name, plugin]))
  const present = new Set(block.directives.map(directive => directive.name.text))
  const settings = settingsOf(
    block,
    plugins.map(plugin => plugin.name).filter(name => present.has(name)),
  )
  const options = new Map<string, unknown>()
  for (const directive of block.directives) {
    const definition = byName.get(directive.name.text)
    if (definition === undefined) continue // The parser has reported an unknown directive.
    const before = problems.errors.length
    problems.attempt(() => {
      if (definition.once && options.has(definition.name)) {
        directive.fail('this plugin can only be used once per Server Block')
      }
      options.set(definition.name, definition.parse(directive, settings, options.get(definition.name)))
    })
    for (const error of problems.errors.slice(before)) error.plugin = definition.name
  }
  const planned = plugins
    .filter(plugin => options.has(plugin.name))
    .map(definition => ({ definition, options: options.get(definition.name) }))
  for (const { definition, options } of planned) {
    problems.attempt(() => {
      try {
        definition.configure?.(options, settings)
      } catch (error) {
        if (error instanceof CorefileError) error.plugin = definition.name
        throw error
      }
    })
  }
  return { keys: block.keys, settings, plugins: planned }
}

function settingsOf(block: ServerBlock, plugins: readonly string[]): BlockSettings {
  const token = block.keys[0]?.token
  return {
    zones: [...new Set(block.keys.map(key => key.zone))],
    keys: block.keys.map(formatKey),
    position: token === undefined ? '' : `${token.file}:${token.line}`,
    corefileDirectory: dirname(resolve(token?.file ?? 'Corefile')),
    plugins,
    root: '',
    listenAddresses: null,
    socketCount: 1,
    tls: null,
    debug: false,
    stacktrace: false,
  }
}
