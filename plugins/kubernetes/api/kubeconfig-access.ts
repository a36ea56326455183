import type { Agent } from 'node:http'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from '#lib/clock.ts'
import type { Admission, ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { keepAliveAgent, retireAgent } from '#plugins/kubernetes/api/keep-alive-agent.ts'

/** How long a file counts as current. */
const REREAD_MS = 60_000

/** Access as a kubeconfig file says, in every way that kubectl knows. Throws an Error for a file that cannot be used. */
export function kubeconfigAccess(file: string, context: string, clock: Clock): ApiAccess {
  return new KubeconfigAccess(file, context, clock)
}

class KubeconfigAccess implements ApiAccess {
  readonly server: URL
  readonly #file: string
  readonly #context: string
  readonly #clock: Clock
  #config: KubeConfig
  #readAtMs: number
  #agent: Agent | null = null
  #agentSettings = ''

  constructor(file: string, context: string, clock: Clock) {
    this.#file = file
    this.#context = context
    this.#clock = clock
    this.#config = readConfig(file, context)
    this.#readAtMs = clock.nowMs()
    this.server = new URL(this.#config.getCurrentCluster()!.server)
  }

  async admission(): Promise<Admission> {
    this.#reread()
    const options: RequestOptions = {}
    await this.#config.applyToHTTPSOptions(options)
    return { agent: this.#agentFor(options), headers: headersOf(options) }
  }

  renew(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY
  }

  close(): void {
    this.#agent?.destroy()
  }

  /** A file that cannot be used any more keeps its last content. */
  #reread(): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#readAtMs < REREAD_MS) return
    this.#readAtMs = nowMs
    try {
      this.#config = readConfig(this.#file, this.#context)
    } catch {
      // Whoever writes it may be in the midst of it; the next look is in a minute.
    }
  }

  #agentFor(options: RequestOptions): Agent {
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options
    const proxy = this.#config.getCurrentCluster()?.proxyUrl
    // Such an agent is made for one set of certificates, which it was given; there is one for each KubeConfig.
    if (proxy !== undefined && options.agent) return (this.#agent = options.agent as Agent)
    const settings = JSON.stringify([ca, cert, key, pfx, passphrase, rejectUnauthorized, servername].map(String))
    if (this.#agent !== null && settings === this.#agentSettings) return this.#agent
    if (this.#agent !== null) retireAgent(this.#agent)
    this.#agent = keepAliveAgent(this.server, {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(pfx === undefined ? {} : { pfx }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername === undefined ? {} : { servername }),
    })
    this.#agentSettings = settings
    return this.#agent
  }
}

function readConfig(file: string, context: string): KubeConfig {
  const config = new KubeConfig()
  try {
    config.loadFromFile(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`cannot read kubeconfig ${file}: ${code ?? message}`)
  }
  if (context !== '') config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    const name = config.getCurrentContext()
    const known = config.getContexts().map(each => each.name)
    throw new Error(`kubeconfig ${file} has no context '${name}' with a cluster: it has ${known.join(', ') || 'none'}`)
  }
  if (!URL.canParse(cluster.server)) {
    throw new Error(`kubeconfig ${file}: '${cluster.server}' is not the URL of an API server`)
  }
  return config
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers ?? {})) plain[name.toLowerCase()] = String(value)
  if (auth) plain['authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`
  return plain
}
