import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#plugin/log.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { FileAccess } from '#plugins/kubernetes/api/file-access.ts'
import { inClusterAccess } from '#plugins/kubernetes/api/in-cluster-access.ts'
import type { ApiOptions } from '#plugins/kubernetes/api/options.ts'

/** What opening an access needs of the plugin. */
export interface AccessEnv {
  readonly clock: Clock
  readonly log: Logger
  /** Makes a path absolute. */
  resolvePath(path: string): string
}

/** The access that the options ask for. Rejects with an Error for the log when that is not to be had. */
export async function openAccess(options: ApiOptions, env: AccessEnv): Promise<ApiAccess> {
  const { endpoint, kubeconfig, tls } = options
  if (kubeconfig !== null) {
    if (endpoint !== null) env.log.warning("'endpoint' is not used: 'kubeconfig' names the API server")
    // Loaded only here: it is large, see docs/dependencies.md.
    const { kubeconfigAccess } = await import('#plugins/kubernetes/api/kubeconfig-access.ts')
    return kubeconfigAccess(env.resolvePath(kubeconfig.file), kubeconfig.context, env.clock)
  }
  if (options.hasMoreEndpoints) env.log.warning(`only the first 'endpoint' is used: ${endpoint}`)
  if (endpoint !== null) {
    const files = tls === null ? {} : mapFiles(tls, path => env.resolvePath(path))
    return new FileAccess(endpoint, files, env.clock)
  }
  if (tls !== null) env.log.warning("'tls' is not used: it belongs to 'endpoint'")
  return inClusterAccess(env.clock)
}

function mapFiles<T extends object>(files: T, change: (path: string) => string): T {
  return Object.fromEntries(Object.entries(files).map(([name, path]) => [name, change(path as string)])) as T
}
