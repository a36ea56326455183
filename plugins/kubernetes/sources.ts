import type { Followed } from '#plugin/capability.ts'
import type { PluginEnv } from '#plugin/env.ts'
import { accessOptions, unusedOptions } from '#plugins/kubernetes/api/open-access.ts'
import { ProgrammingDuration } from '#plugins/kubernetes/api/programming-duration.ts'
import type { ReflectorTimes } from '#plugins/kubernetes/api/reflector.ts'
import { REFLECTOR_TIMES } from '#plugins/kubernetes/api/reflector.ts'
import { ApiSource } from '#plugins/kubernetes/api/source.ts'
import type { Cluster } from '#plugins/kubernetes/index/cluster.ts'
import type { DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import type { ManifestSource, ManifestSourceOptions } from '#plugins/kubernetes/manifests/source.ts'
import type { KubernetesOptions } from '#plugins/kubernetes/options.ts'

/** Where deltas come from. */
export interface Source {
  start(): Promise<void>
  close(): Promise<void>
  /** How up to date it is; files are always as they are. */
  followed?(): Followed[]
}

/** How a cluster is followed, but for what the Corefile says; tests have it otherwise. */
export interface Following {
  readonly times: ReflectorTimes
  /** A cluster of more objects than this is followed in a thread of its own, if this one answers queries. */
  readonly largeObjects: number
}

/** What suits real clusters. */
export const FOLLOWING: Following = { times: REFLECTOR_TIMES, largeObjects: 2000 }

/** Files with manifests. */
export function manifestSource(options: KubernetesOptions, env: PluginEnv, apply: (batch: DeltaBatch) => void): Source {
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

/** The API server of a cluster. */
export function apiSource(
  options: KubernetesOptions,
  cluster: Cluster,
  env: PluginEnv,
  apply: (batch: DeltaBatch) => void,
  { times, largeObjects }: Following,
): Source {
  const api = options.api!
  const { log, clock, metrics, threads } = env
  const { limits, startupTimeoutMs, snapshot } = api
  const duration = new ProgrammingDuration(metrics, cluster, clock, log)
  const source = new ApiSource({
    plan: {
      access: accessOptions(api, path => env.resolvePath(path)),
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
      times,
      snapshot: snapshot && { ...snapshot, file: env.resolveBesideCorefile(snapshot.file) },
    },
    startupTimeoutMs,
    largeObjects: threads.serves ? largeObjects : Number.POSITIVE_INFINITY,
    log,
    clock,
    metrics,
    apply,
    sliceChanged: slice => duration.observe(slice),
    keys: kind => cluster.keys(kind),
  })
  return {
    start() {
      for (const text of unusedOptions(api)) log.warning(text)
      return source.start()
    },
    close: () => source.close(),
    followed: () => source.followed(),
  }
}
