import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { zoneTransfer } from '#plugin/zone-transfer.ts'
import { transferHandler } from '#plugins/transfer/handler.ts'
import { Notifier } from '#plugins/transfer/notifier.ts'
import type { TransferRule } from '#plugins/transfer/options.ts'
import { parseTransfer } from '#plugins/transfer/options.ts'

/** Hands whole zones of other plugins on to secondary servers. */
export const transfer: AnyPlugin = definePlugin<readonly TransferRule[]>({
  name: 'transfer',
  once: false,
  // Who asks for a transfer matters, but no such reply may be reused.
  dependsOn: () => DependsOn.QUESTION,
  parse: (directive, block, previous = []) => Object.freeze([...previous, parseTransfer(directive, block)]),
  build(rules, next, env) {
    const zones = () => env.offers(zoneTransfer)
    const notifier = new Notifier(rules, env.log)
    env.onServing(() => {
      if (env.threads.isControl) notifier.start(zones())
    })
    env.onShutdown(() => notifier.close())
    return transferHandler(rules, zones, next, env.log)
  },
})
