import type { TestContext } from 'node:test'
import { importedSlice, serviceImport } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { LiveOptions } from '#test/support/live-cluster.ts'
import { addStable, answerOf, bootLive, SPACE } from '#test/support/live-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

/** What a server needs to answer for a multicluster zone beside that of the cluster. */
export const MULTICLUSTER = {
  zones: 'cluster.local clusterset.local in-addr.arpa',
  lines: 'multicluster clusterset.local',
} as const

/** A server that follows a fake API server with a few imported services. */
export interface Multicluster {
  readonly api: FakeApiServer
  readonly server: TestServer
  /** Waits for an answer about a name below the tests' namespace in the multicluster zone. */
  becomes(name: string, answer: string): Promise<void>
}

/** Boots both, with `web` at 10.42.0.1 and the headless `db`, which has an endpoint in the cluster `east`. */
export async function bootMulticluster(
  t: TestContext,
  options: LiveOptions = {},
  prepare: (api: FakeApiServer) => void = () => {},
): Promise<Multicluster> {
  const api = await startApiServer({ bookmarkMs: 100 })
  t.after(() => api.close())
  addStable(api)
  api.apply(serviceImport(SPACE, 'web', ['10.42.0.1']))
  api.apply(serviceImport(SPACE, 'db', []))
  api.apply(importedSlice(SPACE, 'db', 'east', ['10.43.0.1']))
  prepare(api)
  const lines = `${MULTICLUSTER.lines}\n${options.lines ?? ''}`
  const server = await bootLive(t, api.url, { ...MULTICLUSTER, ...options, lines })
  const becomes = (name: string, answer: string): Promise<void> =>
    until(async () => (await answerOf(server, importName(name))) === answer)
  return { api, server, becomes }
}

/** Name of an imported service in the tests' namespace, or one below it. */
export function importName(name: string): string {
  return `${name}.${SPACE}.svc.clusterset.local.`
}

/** The time since something was heard of ServiceImports, or of another resource, as the metrics have it, in seconds. */
export function heardAgo(server: TestServer, resource = 'serviceimports'): number {
  const line = new RegExp(`watch_age_seconds\\{resource="${resource}"\\} (\\S+)`)
  return Number(line.exec(server.metrics())?.[1] ?? Number.NaN)
}
