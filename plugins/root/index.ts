import { stat } from 'node:fs/promises'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'

interface RootOptions {
  /** As it was written. */
  readonly directory: string
}

/** Names the directory that relative file arguments of the block's other plugins start from. */
export const root: AnyPlugin = definePlugin<RootOptions>({
  name: 'root',
  once: false,
  parse(directive) {
    const directory = directive.one().text
    directive.noBlock()
    return Object.freeze({ directory })
  },
  configure({ directory }, block) {
    block.root = directory
  },
  build({ directory }, _next, env) {
    env.onStartup(async () => {
      try {
        await stat(env.resolvePath('.'))
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code !== 'ENOENT') throw new Error(`unable to access root path '${directory}': ${message}`)
        // It may appear later, and the plugins that read from it then say so themselves.
        env.log.warning(`Root path does not exist: ${directory}`)
      }
    })
    return null
  },
})
