import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Handler } from '#plugin/handler.ts'
import { DROPPED } from '#plugin/reply.ts'
import { Detector } from '#plugins/loop/detector.ts'
import { joinAddress, makeProbe } from '#plugins/loop/probe.ts'

/** Finds out at the start whether queries that are passed on come back, and then ends the process. */
export const loop: AnyPlugin = definePlugin<null>({
  name: 'loop',
  once: true,
  parse(directive) {
    directive.end()
    directive.noBlock()
    return null
  },
  build(_options, next, env) {
    const zone = env.block.zones[0]!
    const probe = makeProbe(zone)
    if (probe === null) {
      env.log.warning('Loops are not looked for: the name of the zone leaves no room for a probe')
      return null
    }
    const detector = new Detector(probe)
    env.onServing(() => {
      if (env.block.listenAddresses?.length === 0) return
      const to = env.listenAddress()
      detector.start(to, joinAddress(env.block.listenAddresses?.[0] ?? '', to.port))
    })
    env.onShutdown(() => detector.stop())
    const handler: Handler = query => {
      if (detector.watching && query.folded === probe && detector.count()) {
        env.control.fatal(detector.report(query.peer, zone))
        return DROPPED
      }
      return next(query)
    }
    return handler
  },
})
