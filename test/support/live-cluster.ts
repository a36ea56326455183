import type { TestContext } from 'node:test'
import type { ReflectorTimes } from '#plugins/kubernetes/api/reflector.ts'
import { kubernetesWith } from '#plugins/kubernetes/index.ts'
import { plugins } from '#plugins/order.ts'
import { namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import type { BootOptions, TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { addressText } from '#wire/build.ts'
import { Rcode, rcodeName, Type } from '#wire/constants.ts'

/** Spans of time that let a test see many failures. */
const QUICK: ReflectorTimes = { backoff: { firstMs: 2, longestMs: 20 }, silenceMs: 400, initialSilenceMs: 400 }

/** The namespace of the tests' objects. */
export const SPACE = 'test'

/** How a server is booted over a cluster. */
export interface LiveOptions extends BootOptions {
  /** Zones of kubernetes in place of `cluster.local in-addr.arpa`. */
  readonly zones?: string
  /** More lines in the block of kubernetes. */
  readonly lines?: string
  /** More directives in the server block. */
  readonly directives?: string
  /** The lines that name the API server; `endpoint` with the fake's URL without. */
  readonly access?: string
  /** Whether failures are met as quickly as in `QUICK`, or as in a real cluster. */
  readonly isQuick?: boolean
  /** A cluster of more objects than this is followed in a thread of its own. */
  readonly largeObjects?: number
}

/** Boots a server, for cluster.local unless said otherwise, that follows an API server; closes it after the test. */
export async function bootLive(
  t: Pick<TestContext, 'after'>,
  url: string,
  options: LiveOptions = {},
): Promise<TestServer> {
  const {
    zones = 'cluster.local in-addr.arpa',
    lines = '',
    directives = '',
    access = `endpoint ${url}`,
    isQuick = true,
    largeObjects,
    ...boot
  } = options
  const kubernetes = kubernetesWith({
    ...(isQuick ? { times: QUICK } : {}),
    ...(largeObjects === undefined ? {} : { largeObjects }),
  })
  const corefile = `. {
  ${directives}
  kubernetes ${zones} {
    ${access}
    apiserver_qps 10000
    apiserver_burst 10000
    ${lines}
  }
}`
  const server = await bootServer(corefile, {
    plugins: plugins.map(each => (each.name === 'kubernetes' ? kubernetes : each)),
    ...boot,
  })
  let isClosed = false
  const close = async (): Promise<number> => {
    if (isClosed) return 0
    isClosed = true
    return server.close()
  }
  t.after(() => close())
  return { ...server, close }
}

/** Name of a service in the tests' namespace, or another. */
export function nameOf(serviceName: string, space: string = SPACE): string {
  return `${serviceName}.${space}.svc.cluster.local.`
}

/** What a server answers: its addresses, sorted; else `NODATA`, or the rcode's name; `no reply` when there is none. */
export async function answerOf(server: TestServer, name: string, type = 'A'): Promise<string> {
  const reply = await server.ask(name, type).catch(() => null)
  if (reply === null) return 'no reply'
  if (reply.rcode !== Rcode.NOERROR) return rcodeName(reply.rcode)
  const addresses = reply.answer.filter(record => record.type === Type.A || record.type === Type.AAAA)
  return addresses.map(addressText).sort().join(' ') || 'NODATA'
}

/** Puts a small cluster in the API server that never changes: `stable-0` to `stable-4` and the headless `stable-pods`. */
export function addStable(api: FakeApiServer): void {
  for (const object of stableObjects()) api.apply(object)
}

/** What the stable names are answered with, by name. */
export const STABLE: ReadonlyMap<string, string> = new Map([
  ...[0, 1, 2, 3, 4].map(i => [nameOf(`stable-${i}`), `10.96.77.${i}`] as const),
  [nameOf('stable-pods'), '10.77.0.1 10.77.0.2 10.77.0.3'],
])

/** The objects of {@link addStable}. */
export function stableObjects(): ApiObject[] {
  const services = [0, 1, 2, 3, 4].map(i => service(SPACE, `stable-${i}`, `10.96.77.${i}`))
  const pods = [service(SPACE, 'stable-pods', 'None')]
  // The third address is in both slices, as in the midst of a rollout.
  const first = slice(SPACE, 'stable-pods-a', 'stable-pods', ['10.77.0.1', '10.77.0.3'])
  return [
    namespace(SPACE),
    ...services,
    ...pods,
    first,
    slice(SPACE, 'stable-pods-b', 'stable-pods', ['10.77.0.2', '10.77.0.3']),
  ]
}

/** Asks stable names over and over, and keeps each answer that is not what it always has to be. */
export class StablePoller {
  readonly wrong: string[] = []
  asked = 0
  #isOver = false
  readonly #running: Promise<void>

  constructor(server: TestServer) {
    this.#running = this.#run(server)
  }

  /** Ends the asking; resolves once the last answer has come. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #run(server: TestServer): Promise<void> {
    while (!this.#isOver) {
      for (const [name, expected] of STABLE) {
        const answer = await answerOf(server, name)
        this.asked++
        if (answer !== expected) this.wrong.push(`${name} ${answer}`)
      }
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }
}
