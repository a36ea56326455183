import { kubernetes } from '#plugins/kubernetes/index.ts'
import { median } from '#test/bench/median.ts'
import { generateCluster, generatedName } from '#test/support/api-server/cluster.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'

/** Different services that are asked for: as many in a small cluster as in a large one. */
const NAMES = 10
const ROUNDS = 7
const LOOKUPS = 100_000

/** Microseconds that the plugin takes to answer for a service of a cluster that has so many, without the network. */
export async function lookupMicroseconds(services: number): Promise<number> {
  const api = await startApiServer()
  try {
    for (const object of generateCluster({ services, slices: 0, endpointsPerSlice: 0, pods: 0 })) api.apply(object)
    const { handler, instance } = buildPlugin(kubernetes, `kubernetes cluster.local {\nendpoint ${api.url}\n}`)
    await instance.hooks.run('startup')
    try {
      const queries = Array.from({ length: NAMES }, (_, i) => {
        return makeQuery(`${generatedName(Math.floor((i * services) / NAMES))}.svc.cluster.local.`, 'A')
      })
      const rounds: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const beganMs = performance.now()
        for (let i = 0; i < LOOKUPS; i++) handler(queries[i % NAMES]!)
        rounds.push(((performance.now() - beganMs) * 1000) / LOOKUPS)
      }
      return median(rounds)
    } finally {
      await instance.hooks.run('shutdown')
    }
  } finally {
    await api.close()
  }
}
