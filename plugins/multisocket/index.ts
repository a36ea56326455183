import { availableParallelism } from 'node:os'
import { readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'

interface MultisocketOptions {
  readonly socketCount: number
}

const MAX_SOCKETS = 1024

/** Serves each listen address from several sockets, each with a thread of its own. */
export const multisocket: AnyPlugin = definePlugin<MultisocketOptions>({
  name: 'multisocket',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    const argument = directive.optional()
    directive.noBlock()
    if (argument === undefined) return Object.freeze({ socketCount: Math.min(availableParallelism(), MAX_SOCKETS) })
    const socketCount = argument.int({ min: Number.MIN_SAFE_INTEGER })
    if (socketCount < 1) argument.fail(`num sockets can not be zero or negative: ${socketCount}`)
    if (socketCount > MAX_SOCKETS) argument.fail(`num sockets exceeds maximum (${MAX_SOCKETS}): ${socketCount}`)
    return Object.freeze({ socketCount })
  },
  configure({ socketCount }, block) {
    block.socketCount = socketCount
  },
  build(_options, _next, env) {
    env.provide(readiness, { plugin: env.name, ready: () => env.threads.allServe })
    return null
  },
})
