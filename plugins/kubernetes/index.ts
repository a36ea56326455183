import { readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { ClusterAnswers } from '#plugins/kubernetes/handler.ts'
import { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import { ManifestSource } from '#plugins/kubernetes/manifests/source.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { parseKubernetes } from '#plugins/kubernetes/options.ts'
import { ownAddresses } from '#plugins/kubernetes/own-addresses.ts'

/** Answers for the services, endpoints and pods of a Kubernetes cluster. */
export const kubernetes: AnyPlugin = definePlugin<KubernetesOptions>({
  name: 'kubernetes',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseKubernetes,
  build(options, next, env) {
    const cluster = new Cluster(options)
    const answers = new ClusterAnswers(options, cluster, next, env.untilDataChanges)
    const source = new ManifestSource({
      paths: options.manifests.map(path => env.resolveBesideCorefile(path)),
      selection: {
        labels: options.labels,
        namespaceLabels: options.namespaceLabels,
        endpoints: !options.noEndpoints,
        pods: options.pods === 'verified',
      },
      log: env.log,
      clock: env.clock,
      apply(batch) {
        cluster.apply(batch)
        env.dataChanged()
      },
    })
    env.provide(readiness, { plugin: env.name, ready: () => cluster.synced })
    env.onStartup(() => {
      answers.setOwnAddresses(ownAddresses(env.block.listenAddresses))
      return source.start()
    })
    env.onShutdown(() => source.close())
    return function kubernetes(query) {
      return answers.answer(query)
    }
  },
})
