import { Problems } from '#corefile/error.ts'
import { explainProblem } from '#corefile/explain.ts'
import { diskFiles } from '#corefile/files.ts'
import { parseCorefile } from '#corefile/parser.ts'
import type { Clock } from '#lib/clock.ts'
import type { HttpAnswer, HttpClaim, HttpEndpoints } from '#lib/http.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { ProcessControl } from '#plugin/env.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { Delivery } from '#plugin/reply.ts'
import { SINGLE_THREAD } from '#plugin/threads.ts'
import { Instance } from '#server/instance.ts'
import { listenGroups } from '#server/listen-groups.ts'
import { planBlocks } from '#server/plan.ts'
import { silentPeer } from '#test/support/peer.ts'
import { Class, Flag, rcodeName, typeNumber } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'
import { foldName, name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'
import { formatRecord, parseRecord } from '#wire/text.ts'

/** A clock that moves when the test says so. */
export class FakeClock implements Clock {
  #nowMs = 1_000
  #wallMs = Date.UTC(2026, 0, 1)

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#wallMs
  }

  advance(ms: number): void {
    this.#nowMs += ms
    this.#wallMs += ms
  }
}

/** HTTP endpoints that are called instead of requested. */
export class FakeHttp implements HttpEndpoints {
  readonly claims: Map<string, () => HttpAnswer | Promise<HttpAnswer>> = new Map()

  async claim(address: string, path: string, handler: () => HttpAnswer | Promise<HttpAnswer>): Promise<HttpClaim> {
    const key = `${address}${path}`
    this.claims.set(key, handler)
    return { address, release: async () => void this.claims.delete(key) }
  }

  /** What GET of a path answers. */
  async get(key: string): Promise<HttpAnswer> {
    const handler = this.claims.get(key)
    if (handler === undefined) throw new Error(`nothing is claimed at ${key}`)
    return handler()
  }
}

/** A plugin under test, built as part of a server block, with `next` as all that comes after it. */
export interface PluginUnderTest {
  readonly handler: Handler
  readonly instance: Instance
  readonly metrics: MetricRegistry
  readonly clock: FakeClock
  readonly http: FakeHttp
  /** Replies of `next` so far. */
  readonly nextQueries: readonly Query[]
  readonly control: ProcessControl & { readonly fatalMessages: string[] }
}

/** What surrounds the plugin under test. */
export interface PluginTestOptions {
  /** What comes after the plugin; SERVFAIL is what an empty chain gives. */
  readonly next?: (query: Query) => Answer
  /** Keys of the server block, `.` unless given. */
  readonly keys?: string
  /** Other plugins that the text uses, outermost first; the plugin under test stands first unless it is among them. */
  readonly plugins?: readonly AnyPlugin[]
  readonly file?: string
}

/** Builds the directives in `text` around `next`. Throws an Error with all explained problems if they do not parse. */
export function buildPlugin(plugin: AnyPlugin, text: string, options: PluginTestOptions = {}): PluginUnderTest {
  const nextQueries: Query[] = []
  const last = definePlugin<null>({
    name: 'next',
    once: true,
    parse: () => null,
    build: (_, otherwise) =>
      function next(query) {
        nextQueries.push(query.copy())
        return options.next === undefined ? otherwise(query) : options.next(query)
      },
  })
  const among = options.plugins ?? []
  const plugins = [...(among.includes(plugin) ? among : [plugin, ...among]), last]
  const problems = new Problems()
  const corefile = parseCorefile(`${options.keys ?? '.'} {\n${text}\nnext\n}\n`, options.file ?? 'Corefile', {
    directives: plugins.map(each => each.name),
    problems,
    environment: {},
    files: diskFiles,
    defaultPort: 0,
    warn: () => {},
  })
  const blocks = planBlocks(corefile, plugins, problems)
  const groups = listenGroups(blocks, problems)
  if (problems.errors.length > 0) {
    throw new Error(problems.errors.map(error => explainProblem(error, corefile.sources)).join('\n'))
  }
  const clock = new FakeClock()
  const http = new FakeHttp()
  const metrics = new MetricRegistry()
  const fatalMessages: string[] = []
  const control = {
    fatalMessages,
    fatal: (message: string) => void fatalMessages.push(message),
    configurationHash: '0',
    readHash: async () => '0',
    reload: async () => {},
  }
  const events = () => ({ rejected() {}, unrouted() {}, panic() {} })
  const instance = new Instance(
    { corefile, blocks, groups },
    {
      clock,
      http,
      metrics,
      control,
      threads: SINGLE_THREAD,
      logger: pluginLogger,
      workingDirectory: process.cwd(),
      packetCache: false,
      events,
    },
  )
  const handler: Handler = query => {
    query.server = instance.servers[0]!.server
    return query.server.resolve(query)
  }
  return { handler, instance, metrics, clock, http, nextQueries, control }
}

/** How a query for a plugin test differs from an ordinary UDP query with EDNS from 10.240.0.1. */
export interface QueryParts {
  readonly class?: number
  readonly edns?: boolean
  readonly udpSizeOctets?: number
  readonly dnssecOk?: boolean
  readonly flags?: number
  readonly tcp?: boolean
  readonly client?: string
  readonly clientPort?: number
  readonly options?: readonly EdnsOption[]
  readonly id?: number
  readonly receivedAtMs?: number
}

/** A query as the server would read it. */
export function makeQuery(text: string, type: string, parts: QueryParts = {}): Query {
  const query = new Query()
  query.id = parts.id ?? 4711
  query.flags = parts.flags ?? Flag.RD
  query.name = name(text)
  query.folded = foldName(query.name)
  query.type = typeNumber(type)!
  query.class = parts.class ?? Class.IN
  query.hasEdns = parts.edns ?? true
  query.udpSizeOctets = query.hasEdns ? (parts.udpSizeOctets ?? 1232) : 512
  query.dnssecOk = parts.dnssecOk ?? false
  query.ednsOptions = optionOctets(parts.options ?? [])
  query.isStream = parts.tcp ?? false
  query.sizeOctets = 12 + query.name.length + 4 + (query.hasEdns ? 11 : 0)
  query.receivedAtMs = parts.receivedAtMs ?? 1_000
  query.peer = silentPeer(parts.client ?? '10.240.0.1', parts.clientPort ?? 40212)
  return query
}

/** A reply in words: `NOERROR aa ra`, then a line for each record, sections marked; `dropped` for none. */
export function showReply(reply: Reply): string {
  if (reply.delivery === Delivery.DROPPED) return 'dropped'
  const flags = ['aa', 'tc', 'ra', 'ad'].filter(
    (_, i) => (reply.flags & [Flag.AA, Flag.TC, Flag.RA, Flag.AD][i]!) !== 0,
  )
  const bare = reply.delivery === Delivery.BARE ? ['bare'] : []
  const ttl = reply.uniformTtlSeconds
  const show = (section: string) => (record: ResourceRecord) =>
    `${section} ${formatRecord(ttl >= 0 ? record.withTtl(ttl) : record).replaceAll(/\s+/g, ' ')}`
  return [
    [rcodeName(reply.rcode), ...flags, ...bare].join(' '),
    ...reply.answer.map(show('answer')),
    ...reply.authority.map(show('authority')),
    ...reply.additional.map(show('additional')),
  ].join('\n')
}

/** A record from its presentation text, `a.example. 300 IN A 192.0.2.1`; throws if it is none. */
export function rr(text: string): ResourceRecord {
  const record = parseRecord(text)
  if (typeof record === 'string') throw new Error(`${text}: ${record}`)
  return record
}

function optionOctets(options: readonly EdnsOption[]): Uint8Array {
  return Buffer.concat(
    options.map(({ code, data }) =>
      Buffer.concat([Buffer.from([code >> 8, code, data.length >> 8, data.length]), data]),
    ),
  )
}
