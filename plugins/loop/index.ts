import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Handler } from '#plugin/handler.ts'
import { failure } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Detector } from '#plugins/loop/detector.ts'
import { hasRoomForProbe, joinAddress, makeProbe } from '#plugins/loop/probe.ts'
import { Rcode } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'

/** What a probe that came back is answered, should the process live on for a moment: the loop ends here. */
const STOPPED = failure(Rcode.SERVFAIL)

/** What the threads tell each other. */
type LoopMessage =
  /** The probe has another name now, or there is none any more. */
  | { readonly kind: 'watch'; readonly probe: FoldedName | null }
  /** The probe has arrived. */
  | { readonly kind: 'seen'; readonly probe: FoldedName; readonly from: string }

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
    /** What this thread looks out for, and how often that came. */
    let watched: FoldedName | null = null
    let arrivals = 0
    const detector = new Detector(
      () => makeProbe(zone),
      probe => channel.send({ kind: 'watch', probe }),
    )
    const channel = env.threads.channel<LoopMessage>({
      receive(message) {
        if (message.kind === 'watch') {
          watched = message.probe
          arrivals = 0
        } else if (detector.count(message.probe)) {
          env.control.fatal(detector.report(message.from, message.probe, zone))
        }
      },
      snapshot: () => ({ kind: 'watch', probe: detector.probe }),
    })
    env.onServing(() => {
      if (!env.threads.isControl || env.block.listenAddresses?.length === 0) return
      const to = env.listenAddress()
      if (to === null) return // What is passed on goes out over UDP or TCP, and cannot come back here.
      detector.start(to, joinAddress(env.block.listenAddresses?.[0] ?? '', to.port))
    })
    env.onShutdown(() => {
      if (env.threads.isControl) detector.stop()
    })
    const handler: Handler = query => {
      if (watched !== null && query.folded === watched && query.depth === 0) {
        const { address, port } = query.peer
        channel.send({ kind: 'seen', probe: watched, from: joinAddress(address, port) })
        if (++arrivals > 1) return STOPPED
      }
      return next(query)
    }
    return handler
  },
})
