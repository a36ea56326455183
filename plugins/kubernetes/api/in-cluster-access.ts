import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { FileAccess } from '#plugins/kubernetes/api/file-access.ts'

/** Where a pod finds its service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** What a pod is told about the API server. */
export interface PodView {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly directory: string
}

/** The access that every pod has. Throws an Error that names what is missing when this is no pod. */
export function inClusterAccess(
  clock: Clock,
  { environment, directory }: PodView = { environment: process.env, directory: SERVICE_ACCOUNT },
): ApiAccess {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? ''
  if (host === '' || port === '') {
    throw new Error(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined: ' +
        "outside of a pod, name the API server with 'endpoint' or 'kubeconfig', or objects with 'manifests'",
    )
  }
  const token = join(directory, 'token')
  const caCertificate = join(directory, 'ca.crt')
  for (const path of [token, caCertificate]) requireFile(path)
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`)
  return new FileAccess(server, { token, caCertificate }, clock)
}

function requireFile(path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      `unable to load in-cluster configuration, cannot read ${path}: ${code}: is 'automountServiceAccountToken' off?`,
    )
  }
}
