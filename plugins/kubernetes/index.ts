import { answerCache, followedSources, readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { externalServices } from '#plugin/external-services.ts'
import { metadataProvider } from '#plugin/metadata.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { searchPaths } from '#plugin/search-path.ts'
import { zoneTransfer } from '#plugin/zone-transfer.ts'
import { AnswerDropper } from '#plugins/kubernetes/drop-answers.ts'
import { ClusterFromOutside } from '#plugins/kubernetes/external/services.ts'
import { ClusterAnswers } from '#plugins/kubernetes/handler.ts'
import { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { parseKubernetes } from '#plugins/kubernetes/options.ts'
import { ownAddresses } from '#plugins/kubernetes/own-addresses.ts'
import { queryMetadata } from '#plugins/kubernetes/query-metadata.ts'
import { podSearchPaths } from '#plugins/kubernetes/search-path.ts'
import { shareDeltas } from '#plugins/kubernetes/share-deltas.ts'
import type { Following } from '#plugins/kubernetes/sources.ts'
import { apiSource, FOLLOWING, manifestSource } from '#plugins/kubernetes/sources.ts'
import { TransferableCluster } from '#plugins/kubernetes/transfer/zones.ts'

/** Answers for the services, endpoints and pods of a Kubernetes cluster. */
export const kubernetes: AnyPlugin = kubernetesWith(FOLLOWING)

/** The plugin with other values for what users cannot set. */
export function kubernetesWith(following: Partial<Following>): AnyPlugin {
  return definePlugin<KubernetesOptions>({
    name: 'kubernetes',
    once: true,
    dependsOn: () => DependsOn.QUESTION,
    parse: parseKubernetes,
    build(options, next, env) {
      const cluster = new Cluster(options)
      const answers = new ClusterAnswers(options, cluster, next, env.untilDataChanges)
      const dropper = new AnswerDropper(cluster, options, () => env.offers(answerCache))
      const zones = new TransferableCluster(options, cluster)
      const fromOutside = new ClusterFromOutside(cluster)
      const apply = shareDeltas(env.threads, batch => {
        dropper.apply(batch)
        env.dataChanged()
        zones.changed()
        fromOutside.changed()
      })
      const source =
        options.api === null
          ? manifestSource(options, env, apply)
          : apiSource(options, cluster, env, apply, { ...FOLLOWING, ...following })
      env.provide(readiness, { plugin: env.name, ready: () => cluster.synced })
      env.provide(followedSources, { plugin: env.name, followed: () => source.followed?.() ?? [] })
      env.provide(zoneTransfer, zones)
      env.provide(externalServices, fromOutside)
      env.provide(searchPaths, podSearchPaths(cluster, options))
      env.provide(metadataProvider, {
        plugin: env.name,
        metadata: (label, query) => queryMetadata(cluster, options, label, query),
      })
      env.onStartup(() => {
        const own = ownAddresses(env.block.listenAddresses)
        answers.setOwnAddresses(own)
        zones.setOwnAddresses(own)
        fromOutside.setOwnAddresses(own)
        for (const cache of env.offers(answerCache)) cache.track(options.zones)
        return env.threads.isControl ? source.start() : undefined
      })
      env.onShutdown(() => source.close())
      return function kubernetes(query) {
        return answers.answer(query)
      }
    },
  })
}
