import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { makeHandler } from '#plugins/log/handler.ts'
import type { LogRule } from '#plugins/log/parse.ts'
import { parseLog } from '#plugins/log/parse.ts'

/** Logs queries and how they were answered, a line each. */
export const log: AnyPlugin = definePlugin<readonly LogRule[]>({
  name: 'log',
  once: false,
  parse: (directive, _block, previous = []) => Object.freeze([...previous, ...parseLog(directive)]),
  build: (rules, next, env) => makeHandler(rules, next, env.log, env.clock),
})
