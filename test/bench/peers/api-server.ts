import type { BenchService } from '#test/bench/peers/cluster.ts'
import { namespacesOf, PORT } from '#test/bench/peers/cluster.ts'
import { namespace, service } from '#test/support/api-server/cluster.ts'
import type { ApiServerProcess } from '#test/support/api-server/process.ts'
import { startApiServerProcess } from '#test/support/api-server/process.ts'

/** Changes that can be watched from the past: there are none while the bench runs. */
const WINDOW_EVENTS = 1000

/** Starts an API server, in a process of its own, that has the Services; it idles while servers are measured. */
export async function startBenchApiServer(services: readonly BenchService[]): Promise<ApiServerProcess> {
  const api = await startApiServerProcess(WINDOW_EVENTS)
  try {
    await api.call(
      'apply',
      namespacesOf(services).map(name => namespace(name)),
    )
    await api.call('apply', services.map(clusterIp))
    return api
  } catch (error) {
    await api.stop()
    throw error
  }
}

function clusterIp({ name, namespace, address }: BenchService): ReturnType<typeof service> {
  const ports = [{ name: 'http', protocol: 'TCP', port: PORT, targetPort: 8080 }]
  return service(namespace, name, address, { ports, ipFamilies: ['IPv4'] })
}
