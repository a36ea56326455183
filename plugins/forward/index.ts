import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Handler } from '#plugin/handler.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { forwardHandler } from '#plugins/forward/handler.ts'
import { forwardMetrics } from '#plugins/forward/metrics.ts'
import type { ForwardOptions } from '#plugins/forward/options.ts'
import { parseForward } from '#plugins/forward/options.ts'
import { UpstreamGroup } from '#plugins/forward/upstream-group.ts'

/** Plugin forward: passes queries on to other servers, see README.md. */
export const forward: AnyPlugin = definePlugin<ForwardOptions>({
  name: 'forward',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse: (directive, _block, previous) => parseForward(directive, previous),
  build({ lines }, next, env) {
    const metrics = forwardMetrics(env.metrics)
    let handler: Handler = next
    let nextForward: Handler | null = null
    for (const line of lines.toReversed()) {
      if (line.warning !== '') env.log.warning(line.warning)
      const group = new UpstreamGroup(line, metrics, env)
      env.onStartup(() => group.open())
      env.onShutdown(() => group.close())
      handler = forwardHandler(line, group, handler, nextForward, metrics, env.clock)
      nextForward = handler
    }
    return handler
  },
})
