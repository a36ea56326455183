import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { metadataReader } from '#plugin/metadata.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { logReplies, makeHandler } from '#plugins/log/handler.ts'
import type { LogRule } from '#plugins/log/parse.ts'
import { parseLog } from '#plugins/log/parse.ts'

/** Logs queries and how they were answered, a line each. */
export const log: AnyPlugin = definePlugin<readonly LogRule[]>({
  name: 'log',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse: (directive, _block, previous = []) => Object.freeze([...previous, ...parseLog(directive)]),
  build(rules, next, env) {
    const observer = logReplies(
      rules,
      env.log,
      (label, query) => env.offers(metadataReader)[0]?.read(label, query) ?? null,
    )
    env.observe(observer)
    return makeHandler(observer, next, env.clock)
  },
})
