import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { externalServices } from '#plugin/external-services.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { zoneTransfer } from '#plugin/zone-transfer.ts'
import { ExternalAnswers } from '#plugins/k8s_external/handler.ts'
import type { ExternalOptions } from '#plugins/k8s_external/options.ts'
import { parseExternal } from '#plugins/k8s_external/options.ts'
import { transferableZones } from '#plugins/k8s_external/transfer.ts'

/** Answers for the services of a cluster by their external addresses. */
export const k8sExternal: AnyPlugin = definePlugin<ExternalOptions>({
  name: 'k8s_external',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseExternal,
  build(options, next, env) {
    // That kubernetes is in the block has been seen to by `parse`.
    const services = () => env.offers(externalServices)[0]!
    const answers = new ExternalAnswers(options, services, next, env.untilDataChanges)
    env.provide(zoneTransfer, transferableZones(options, services))
    return function k8sExternal(query) {
      return answers.answer(query)
    }
  },
})
