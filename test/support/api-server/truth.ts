import type { ApiObject } from '#test/support/api-server/object.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'

/** What the A record of a service has to be by what the API server has now, in the words of `answerOf`. */
export function truthOf(api: FakeApiServer, space: string, name: string): string {
  const found = api.store.get('services', `${space}/${name}`)
  if (found === undefined || api.store.get('namespaces', space) === undefined) return 'NXDOMAIN'
  const { clusterIP = '' } = found['spec'] as { clusterIP?: string }
  if (clusterIP !== 'None') return clusterIP
  const addresses = api.store.current('endpointslices').objects.flatMap(each => readyAddresses(each, space, name))
  return [...new Set(addresses)].sort().join(' ') || 'NXDOMAIN'
}

function readyAddresses(slice: ApiObject, space: string, name: string): string[] {
  const { namespace, labels = {} } = slice.metadata
  if (namespace !== space || labels['kubernetes.io/service-name'] !== name) return []
  const endpoints = (slice['endpoints'] ?? []) as { addresses: string[]; conditions?: { ready?: boolean } }[]
  return endpoints.filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses)
}
