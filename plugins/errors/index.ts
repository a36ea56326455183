import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Consolidation } from '#plugins/errors/consolidation.ts'
import { makeHandler } from '#plugins/errors/handler.ts'
import type { ErrorsOptions } from '#plugins/errors/parse.ts'
import { parseErrors } from '#plugins/errors/parse.ts'

/** Logs the errors that later plugins met while they answered. */
export const errors: AnyPlugin = definePlugin<ErrorsOptions>({
  name: 'errors',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseErrors,
  configure({ stacktrace }, block) {
    if (stacktrace) block.stacktrace = true
  },
  build({ consolidate }, next, env) {
    const consolidations = consolidate.map(rule => new Consolidation(rule, env.log))
    env.onShutdown(() => {
      for (const consolidation of consolidations) consolidation.stop()
    })
    return makeHandler(consolidations, next, env.log)
  },
})
