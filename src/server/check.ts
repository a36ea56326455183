import { Problems } from '#corefile/error.ts'
import { explainProblem } from '#corefile/explain.ts'
import type { CorefileFiles } from '#corefile/files.ts'
import { diskFiles } from '#corefile/files.ts'
import type { Corefile } from '#corefile/parser.ts'
import { parseCorefile } from '#corefile/parser.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import type { ListenGroup } from '#server/listen-groups.ts'
import { listenGroups } from '#server/listen-groups.ts'
import type { PlannedBlock } from '#server/plan.ts'
import { planBlocks } from '#server/plan.ts'

/** A configuration that has been read and found right; nothing is open yet. */
export interface Plan {
  readonly corefile: Corefile
  readonly blocks: readonly PlannedBlock[]
  readonly groups: readonly ListenGroup[]
}

/** Where a configuration's text comes from and what it may refer to. */
export interface PlanOptions {
  readonly plugins: readonly AnyPlugin[]
  /** Port of `dns://` keys that name none. */
  readonly defaultPort: number
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly files?: CorefileFiles
  readonly warn?: (message: string) => void
}

/** A configuration with errors: `messages` holds each of them with its place, in the order of the file. */
export class ConfigurationError extends Error {
  override readonly name: string = 'ConfigurationError'
  readonly messages: readonly string[]

  constructor(messages: readonly string[]) {
    super(messages.join('\n'))
    this.messages = messages
  }
}

/** What is served when a configuration has no server block: every name is answered with who asked. */
const BUILT_IN = '. {\n    whoami\n    log\n}\n'

/**
 * Reads a configuration without opening anything; one without any server block stands for the built-in one. Throws a
 * ConfigurationError that holds everything wrong with it.
 */
export function planConfiguration(text: string, file: string, options: PlanOptions): Plan {
  const problems = new Problems()
  const written = parse(text, file, options, problems)
  const isEmpty = written.blocks.length === 0 && problems.errors.length === 0
  const corefile = isEmpty ? parse(BUILT_IN, file, options, problems) : written
  const blocks = planBlocks(corefile, options.plugins, problems)
  const groups = listenGroups(blocks, problems)
  if (problems.errors.length > 0) {
    throw new ConfigurationError(problems.inOrder(corefile.files).map(error => explainProblem(error, corefile.sources)))
  }
  return { corefile, blocks, groups }
}

/** What is wrong with a Corefile, each error with the lines it is about; empty when it is fine. */
export function checkCorefile(text: string, file: string, plugins: readonly AnyPlugin[]): string[] {
  try {
    planConfiguration(text, file, { plugins, defaultPort: 53 })
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.messages]
    throw error
  }
}

function parse(text: string, file: string, options: PlanOptions, problems: Problems): Corefile {
  return parseCorefile(text, file, {
    directives: options.plugins.map(plugin => plugin.name),
    problems,
    environment: options.environment ?? process.env,
    files: options.files ?? diskFiles,
    defaultPort: options.defaultPort,
    warn: options.warn ?? (() => {}),
  })
}
