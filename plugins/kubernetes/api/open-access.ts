import type { Clock } from '#lib/clock.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { FileAccess } from '#plugins/kubernetes/api/file-access.ts'
import { inClusterAccess } from '#plugins/kubernetes/api/in-cluster-access.ts'
import type { ApiOptions, KubeconfigOption, TlsFiles } from '#plugins/kubernetes/api/options.ts'

/** How the API server is reached, as plain data. All paths are absolute. */
export interface AccessOptions {
  /** An URL. */
  readonly endpoint: string | null
  readonly tls: TlsFiles | null
  readonly kubeconfig: KubeconfigOption | null
}

/** What is needed of the options to open an access, with paths that `resolve` makes absolute. */
export function accessOptions(
  { endpoint, tls, kubeconfig }: ApiOptions,
  resolve: (path: string) => string,
): AccessOptions {
  return {
    endpoint: endpoint?.href ?? null,
    tls: tls && {
      certificate: resolve(tls.certificate),
      key: resolve(tls.key),
      caCertificate: resolve(tls.caCertificate),
    },
    kubeconfig: kubeconfig && { ...kubeconfig, file: resolve(kubeconfig.file) },
  }
}

/** What the options say to no effect, for the log. */
export function unusedOptions({ endpoint, hasMoreEndpoints, tls, kubeconfig }: ApiOptions): string[] {
  if (kubeconfig !== null) {
    return endpoint === null ? [] : ["'endpoint' is not used: 'kubeconfig' names the API server"]
  }
  if (endpoint === null) return tls === null ? [] : ["'tls' is not used: it belongs to 'endpoint'"]
  return hasMoreEndpoints ? [`only the first 'endpoint' is used: ${endpoint}`] : []
}

/** The access that the options ask for. Rejects with an Error for the log when that is not to be had. */
export async function openAccess({ endpoint, tls, kubeconfig }: AccessOptions, clock: Clock): Promise<ApiAccess> {
  if (kubeconfig !== null) {
    // Loaded only here: it is large, see docs/dependencies.md.
    const { kubeconfigAccess } = await import('#plugins/kubernetes/api/kubeconfig-access.ts')
    return kubeconfigAccess(kubeconfig.file, kubeconfig.context, clock)
  }
  return endpoint === null ? inClusterAccess(clock) : new FileAccess(new URL(endpoint), tls ?? {}, clock)
}
