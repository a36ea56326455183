import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClusterSize } from '#test/support/api-server/cluster.ts'
import { generateCluster, generatedSlice } from '#test/support/api-server/cluster.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'

/** A churn of slices: so many changes a second, spread evenly over the generated slices. */
export interface Churn {
  readonly perSecond: number
  readonly seconds: number
  readonly slices: number
  readonly endpointsPerSlice: number
}

/** How a fake API server is getting on. */
export interface ApiServerState {
  readonly watches: number
  readonly backlogOctets: number
  readonly requests: number
  readonly used: readonly string[]
}

/** What can be asked of a fake API server that runs in its own process: `POST /<name>` with a JSON body. */
export interface ControlCalls {
  /** Adds the objects of a made-up cluster; gives back how many there are. */
  generate(size: ClusterSize): number
  apply(objects: readonly ApiObject[]): null
  delete(object: { readonly kind: string; readonly name: string; readonly namespace?: string }): null
  /** Ends every watch with 410, so that all is listed again. */
  relist(): null
  /** Changes slices for some seconds; gives back how many changes were made. */
  churn(churn: Churn): Promise<number>
  /** Does one of the faults without arguments. */
  fault(
    name: 'refuse' | 'accept' | 'hang' | 'recover' | 'resetWatches' | 'endWatches' | 'silenceWatches',
  ): Promise<null>
  /** Watches under way, octets that their clients have not taken, requests so far, and `verb resource` of all of them. */
  state(): ApiServerState
}

/** Listens on a free port of loopback for changes and faults; gives back the port. */
export async function startControl(api: FakeApiServer): Promise<number> {
  const calls: ControlCalls = {
    generate(size) {
      let count = 0
      for (const object of generateCluster(size)) {
        api.apply(object)
        count++
      }
      return count
    },
    apply(objects) {
      for (const object of objects) api.apply(object)
      return null
    },
    delete({ kind, name, namespace }) {
      api.delete(kind, name, namespace)
      return null
    },
    relist() {
      api.expireWatches()
      return null
    },
    churn: churn => runChurn(api, churn),
    async fault(name) {
      await (name === 'recover' ? api.recover(true) : api[name]())
      return null
    },
    state: () => ({
      watches: api.watchCount(),
      backlogOctets: api.backlogOctets,
      requests: api.requests.length,
      used: [...api.used],
    }),
  }
  const server = createServer((request, response) => void answer(calls, request, response))
  server.requestTimeout = 0
  // A connection that ends just when a caller uses it again is an error there.
  server.keepAliveTimeout = 0
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function answer(calls: ControlCalls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
  const name = (request.url ?? '/').slice(1)
  try {
    if (!Object.hasOwn(calls, name)) throw new Error(`no call ${name}`)
    const call = calls[name as keyof ControlCalls] as (argument: unknown) => unknown
    response.end(JSON.stringify(await call(text === '' ? undefined : JSON.parse(text))))
  } catch (error) {
    response.writeHead(400).end(String(error))
  }
}

async function runChurn(api: FakeApiServer, { perSecond, seconds, slices, endpointsPerSlice }: Churn): Promise<number> {
  const beganMs = performance.now()
  let made = 0
  for (;;) {
    const elapsed = (performance.now() - beganMs) / 1000
    const due = Math.min(elapsed, seconds) * perSecond
    for (; made < due; made++) api.apply(generatedSlice(made % slices, endpointsPerSlice, made))
    if (elapsed >= seconds) return made
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
