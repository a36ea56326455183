import type { OnDrop } from '#net/drop.ts'
import { enableDebugLines } from '#plugin/log.ts'
import type { Instance } from '#server/instance.ts'
import type { Sockets, SocketsWanted } from '#server/listeners.ts'
import { openSockets } from '#server/listeners.ts'

/** A configuration on its way to be put in force in this thread. */
export interface Candidate {
  readonly instance: Instance
  /** The labels of the addresses that this thread is to listen on. */
  readonly labels: Set<string>
  /** What was opened for it, by label. */
  readonly opened: Map<string, Sockets>
}

/**
 * What one thread serves: its configuration and its sockets, and the steps from one configuration to the next. Up to
 * `commit` every step can fail, `abort` takes all of them back, and what serves has not been touched.
 */
export class Serving {
  readonly #sockets = new Map<string, Sockets>()
  readonly #report: (error: Error) => void
  readonly #onDrop: (label: string) => OnDrop
  #instance: Instance | null = null

  /**
   * `report` is told of what goes wrong where nothing can be taken back any more; `onDrop` makes for each label who is
   * told of what its sockets let go.
   */
  constructor(report: (error: Error) => void, onDrop: (label: string) => OnDrop) {
    this.#report = report
    this.#onDrop = onDrop
  }

  /** The configuration in force. */
  get instance(): Instance | null {
    return this.#instance
  }

  /** The sockets of an address that this thread listens on. */
  socketsOf(label: string): Sockets | undefined {
    return this.#sockets.get(label)
  }

  /** All sockets of this thread. */
  get sockets(): readonly Sockets[] {
    return [...this.#sockets.values()]
  }

  /** Runs the start hooks of a configuration. Rejects with everything given back. */
  async begin(instance: Instance): Promise<Candidate> {
    const candidate = { instance, labels: new Set<string>(), opened: new Map<string, Sockets>() }
    try {
      await instance.hooks.run('startup')
    } catch (error) {
      await this.abort(candidate)
      throw error
    }
    return candidate
  }

  /** Opens the sockets that are wanted and not open yet. When it rejects, `abort` has to follow. */
  async open(candidate: Candidate, wanted: readonly SocketsWanted[]): Promise<void> {
    for (const each of wanted) {
      candidate.labels.add(each.label)
      if (this.#sockets.has(each.label)) {
        if (each.reusePort) this.allowSharing(each.label)
        continue
      }
      const service = candidate.instance.servers.find(({ group }) => group.label === each.label)!
      candidate.opened.set(each.label, await openSockets(each, service, this.#onDrop(each.label)))
    }
  }

  /** Lets other threads listen on an address that this one may have. Throws if the system cannot do that. */
  allowSharing(label: string): void {
    if (this.#sockets.get(label)?.allowSharing() === false) {
      throw new Error(
        `the sockets of ${label} cannot be shared between threads while they are in use: start anew instead`,
      )
    }
  }

  /** Gives back what was started and opened for a configuration. */
  async abort({ instance, opened }: Candidate): Promise<void> {
    await Promise.all([...opened.values()].map(sockets => sockets.close(0)))
    await instance.hooks.runAll('shutdown')
  }

  /** Has a configuration answer from the next message on, then ends the one before it; `graceMs` is for its queries. */
  async commit({ instance, labels, opened }: Candidate, graceMs: number): Promise<void> {
    const old = this.#instance
    for (const service of instance.servers) this.#sockets.get(service.group.label)?.hand(service)
    for (const [label, sockets] of opened) this.#sockets.set(label, sockets)
    this.#instance = instance
    enableDebugLines(instance.plan.blocks.some(block => block.settings.debug))
    const abandoned = [...this.#sockets].filter(([label]) => !labels.has(label))
    for (const [label] of abandoned) this.#sockets.delete(label)
    await Promise.all(abandoned.map(([, sockets]) => sockets.close(graceMs)))
    if (old !== null) {
      await old.idle(graceMs)
      this.#reportAll(await old.hooks.runAll('shutdown'))
    }
  }

  /** Runs what is to run once queries are served. */
  async serves(): Promise<void> {
    this.#reportAll((await this.#instance?.hooks.runAll('serving')) ?? [])
  }

  /** Closes the sockets and ends the configuration. Returns how many sockets did not close, and what hooks threw. */
  async stop(graceMs: number): Promise<{ unclosed: number; errors: Error[] }> {
    const instance = this.#instance
    this.#instance = null
    const closed = await Promise.allSettled([...this.#sockets.values()].map(sockets => sockets.close(graceMs)))
    this.#sockets.clear()
    await instance?.idle(graceMs)
    const errors = (await instance?.hooks.runAll('shutdown')) ?? []
    return { unclosed: closed.filter(result => result.status === 'rejected').length, errors }
  }

  #reportAll(errors: readonly Error[]): void {
    for (const error of errors) this.#report(error)
  }
}
