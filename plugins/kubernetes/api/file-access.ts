import type { Agent } from 'node:http'
import type { Clock } from '#lib/clock.ts'
import type { Admission, ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { keepAliveAgent, retireAgent } from '#plugins/kubernetes/api/keep-alive-agent.ts'
import { RereadFile } from '#plugins/kubernetes/api/reread-file.ts'

/** Files to be let in with; absolute paths. */
export interface AccessFiles {
  readonly token?: string
  readonly caCertificate?: string
  readonly certificate?: string
  readonly key?: string
}

/** Access by a token or certificates in files, which are read again when they may have changed. */
export class FileAccess implements ApiAccess {
  readonly server: URL
  readonly #token: RereadFile | undefined
  readonly #ca: RereadFile | undefined
  readonly #cert: RereadFile | undefined
  readonly #key: RereadFile | undefined
  #agent: Agent | null = null
  #agentFiles = ''

  constructor(server: URL, files: AccessFiles, clock: Clock) {
    const reread = (path: string | undefined) => (path === undefined ? undefined : new RereadFile(path, clock))
    this.server = server
    this.#token = reread(files.token)
    this.#ca = reread(files.caCertificate)
    this.#cert = reread(files.certificate)
    this.#key = reread(files.key)
  }

  async admission(): Promise<Admission> {
    const token = (await this.#token?.read())?.trim()
    const [ca, cert, key] = await Promise.all([this.#ca?.read(), this.#cert?.read(), this.#key?.read()])
    const files = JSON.stringify([ca, cert, key])
    if (this.#agent === null || files !== this.#agentFiles) {
      if (this.#agent !== null) retireAgent(this.#agent)
      this.#agent = keepAliveAgent(this.server, {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      })
      this.#agentFiles = files
    }
    return { agent: this.#agent, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }
  }

  renew(): void {
    for (const file of [this.#token, this.#ca, this.#cert, this.#key]) file?.expire()
  }

  close(): void {
    this.#agent?.destroy()
  }
}
