import { makePolicy } from '#net/upstream/policy.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { SocketBudget } from '#net/upstream/socket-budget.ts'
import { Upstream } from '#net/upstream/upstream.ts'
import type { PluginEnv } from '#plugin/env.ts'
import type { ForwardMetrics } from '#plugins/forward/metrics.ts'
import { upstreamObserver } from '#plugins/forward/metrics.ts'
import type { ForwardLine } from '#plugins/forward/options.ts'
import { resolveTargets } from '#plugins/forward/resolve-targets.ts'
import { SharedWalk } from '#plugins/forward/shared-walk.ts'
import type { WalkContext, Walked } from '#plugins/forward/walk.ts'

/** Sockets that one `forward` line may have open at once. */
const MAX_SOCKETS = 4096

/** What a group needs of the plugin's environment. */
type Surroundings = Pick<PluginEnv, 'metrics' | 'clock' | 'resolvePath'>

/** The upstreams of one `forward` line, and the questions that are under way to them. */
export class UpstreamGroup {
  readonly #line: ForwardLine
  readonly #metrics: ForwardMetrics
  readonly #env: Surroundings
  readonly #underWay = new Map<string, SharedWalk>()
  readonly #walk: WalkContext
  #upstreams: readonly Upstream[] = []

  constructor(line: ForwardLine, metrics: ForwardMetrics, env: Surroundings) {
    this.#line = line
    this.#metrics = metrics
    this.#env = env
    this.#walk = {
      line,
      upstreams: () => this.#upstreams,
      policy: makePolicy(line.policy),
      clock: env.clock,
      allDown: () => metrics.healthcheckBroken.inc(),
    }
  }

  /** Finds out where the upstreams are. Throws when there is none. */
  async open(): Promise<void> {
    const line = this.#line
    const budget = new SocketBudget(MAX_SOCKETS)
    const options = { ...line, healthCheck: { ...line.healthCheck, tcp: line.forceTcp } }
    const { metrics, clock, resolvePath } = this.#env
    const addresses = await resolveTargets(line, resolvePath)
    this.#upstreams = addresses.map(
      address => new Upstream(address, options, upstreamObserver(metrics, address.text), budget, clock),
    )
  }

  /** The upstreams, in the order of the configuration; none before `open`. */
  get upstreams(): readonly Upstream[] {
    return this.#upstreams
  }

  /**
   * What the upstreams say to a question. Equal questions under way at the same time share one walk: many of them at once
   * would multiply the chances of a forged reply (RFC 5452 section 5). Never rejects.
   */
  ask(question: UpstreamQuestion, isStream: boolean, deadlineMs: number): Promise<Walked> {
    const tcp = this.#line.forceTcp || (isStream && !this.#line.preferUdp)
    const key = questionKey(question, tcp)
    const known = this.#underWay.get(key)
    if (known !== undefined) {
      this.#metrics.coalesced.inc()
      return known.join()
    }
    const walk = new SharedWalk(this.#walk, question, { tcp, retryTruncated: this.#line.preferUdp, deadlineMs })
    this.#underWay.set(key, walk)
    walk.walked.then(() => this.#underWay.delete(key))
    return walk.walked
  }

  /** Waits for the questions under way, which have a deadline, then closes every socket and stops every probe. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#underWay.values(), each => each.walked))
    for (const upstream of this.#upstreams) upstream.close()
  }
}

/** All that makes a difference to the reply. */
function questionKey(question: UpstreamQuestion, tcp: boolean): string {
  const bits = (tcp ? 1 : 0) | (question.edns ? 2 : 0) | (question.dnssecOk ? 4 : 0)
  return String.fromCharCode(question.type, question.class, question.flags, bits) + question.folded
}
