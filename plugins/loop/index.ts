import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Handler } from '#plugin/handler.ts'
import { failure } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Detector } from '#plugins/loop/detector.ts'
import { hasRoomForProbe, joinAddress, makeProbe } from '#plugins/loop/probe.ts'
import { Rcode } from '#wire/constants.ts'

/** What a probe that came back is answered, should the process live on for a moment: the loop ends here. */
const STOPPED = failure(Rcode.SERVFAIL)

/** Finds out at the start whether queries that are passed on come back, and then ends the process. */
export const loop: AnyPlugin = definePlugin<null>({
  name: 'loop',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    directive.end()
    directive.noBlock()
    return null
  },
  build(_options, next, env) {
    const zone = env.block.zones[0]!
    if (!hasRoomForProbe(zone)) {
      env.log.warning('Loops are not looked for: the name of the zone leaves no room for a probe')
      return null
    }
    const detector = new Detector(() => makeProbe(zone))
    env.onServing(() => {
      if (env.block.listenAddresses?.length === 0) return
      const to = env.listenAddress()
      detector.start(to, joinAddress(env.block.listenAddresses?.[0] ?? '', to.port))
    })
    env.onShutdown(() => detector.stop())
    const handler: Handler = query => {
      if (detector.watching && query.folded === detector.probe && query.depth === 0 && detector.count()) {
        env.control.fatal(detector.report(query.peer, zone))
        return STOPPED
      }
      return next(query)
    }
    return handler
  },
})
