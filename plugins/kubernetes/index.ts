import type { Followed } from '#plugin/capability.ts'
import { answerCache, followedSources, readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { PluginEnv } from '#plugin/env.ts'
import { externalServices } from '#plugin/external-services.ts'
import { metadataProvider } from '#plugin/metadata.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { searchPaths } from '#plugin/search-path.ts'
import { zoneTransfer } from '#plugin/zone-transfer.ts'
import { openAccess } from '#plugins/kubernetes/api/open-access.ts'
import { ProgrammingDuration } from '#plugins/kubernetes/api/programming-duration.ts'
import type { ReflectorTimes } from '#plugins/kubernetes/api/reflector.ts'
import { ApiSource } from '#plugins/kubernetes/api/source.ts'
import { AnswerDropper } from '#plugins/kubernetes/drop-answers.ts'
import { ClusterFromOutside } from '#plugins/kubernetes/external/services.ts'
import { ClusterAnswers } from '#plugins/kubernetes/handler.ts'
import { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import type { ManifestSource, ManifestSourceOptions } from '#plugins/kubernetes/manifests/source.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'
import { parseKubernetes } from '#plugins/kubernetes/options.ts'
import { ownAddresses } from '#plugins/kubernetes/own-addresses.ts'
import { queryMetadata } from '#plugins/kubernetes/query-metadata.ts'
import { podSearchPaths } from '#plugins/kubernetes/search-path.ts'
import { shareDeltas } from '#plugins/kubernetes/share-deltas.ts'
import { TransferableCluster } from '#plugins/kubernetes/transfer/zones.ts'

/** Answers for the services, endpoints and pods of a Kubernetes cluster. */
export const kubernetes: AnyPlugin = kubernetesWith(undefined)

/** The plugin with other spans of time between it and the API server: tests have them short. */
export function kubernetesWith(times: ReflectorTimes | undefined): AnyPlugin {
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
        options.api === null ? manifestSource(options, env, apply) : apiSource(options, cluster, env, apply, times)
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

/** Where deltas come from. */
interface Source {
  start(): Promise<void>
  close(): Promise<void>
  /** How up to date it is; files are always as they are. */
  followed?(): Followed[]
}

function manifestSource(options: KubernetesOptions, env: PluginEnv, apply: (batch: DeltaBatch) => void): Source {
  const sourceOptions = {
    paths: options.manifests.map(path => env.resolveBesideCorefile(path)),
    selection: {
      labels: options.labels,
      namespaceLabels: options.namespaceLabels,
      endpoints: !options.noEndpoints,
      pods: options.pods === 'verified',
      podLabels: env.block.plugins.includes('metadata'),
      multicluster: options.multiclusterZones.length > 0,
      zones: options.zonal,
    },
    log: env.log,
    clock: env.clock,
    apply,
  }
  let opening: Promise<ManifestSource> | undefined
  return {
    async start() {
      opening = openManifests(sourceOptions)
      await (await opening).start()
    },
    async close() {
      await (await opening)?.close()
    },
  }
}

/** Loaded only here: with YAML it is some 8 MB, which a server that follows an API server has no use for. */
async function openManifests(options: ManifestSourceOptions): Promise<ManifestSource> {
  const { ManifestSource } = await import('#plugins/kubernetes/manifests/source.ts')
  return new ManifestSource(options)
}

function apiSource(
  options: KubernetesOptions,
  cluster: Cluster,
  env: PluginEnv,
  apply: (batch: DeltaBatch) => void,
  times: ReflectorTimes | undefined,
): Source {
  const { limits, startupTimeoutMs, snapshot } = options.api!
  const duration = new ProgrammingDuration(env.metrics, cluster, env.clock, env.log)
  return new ApiSource({
    openAccess: () => openAccess(options.api!, env),
    limits,
    selection: {
      labels: options.selectorTexts.objects,
      namespaceLabels: options.selectorTexts.namespaces,
      endpoints: !options.noEndpoints,
      pods: options.pods === 'verified',
      podNames: options.endpointPodNames,
      podLabels: env.block.plugins.includes('metadata'),
      multicluster: options.multiclusterZones.length > 0,
      zones: options.zonal,
    },
    startupTimeoutMs,
    snapshot: snapshot === null ? null : { ...snapshot, file: env.resolveBesideCorefile(snapshot.file) },
    ...(times === undefined ? {} : { times }),
    log: env.log,
    clock: env.clock,
    metrics: env.metrics,
    apply,
    sliceChanged: object => duration.observe(object),
  })
}
