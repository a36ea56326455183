import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'

/** Prints debug lines, and stacks of recovered panics. */
export const debug: AnyPlugin = definePlugin<null>({
  name: 'debug',
  once: false,
  parse(directive) {
    directive.end()
    directive.noBlock()
    return null
  },
  configure(_options, block) {
    block.debug = true
  },
})
