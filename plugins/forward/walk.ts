import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '#lib/clock.ts'
import type { Policy } from '#net/upstream/policy.ts'
import { pickRandom } from '#net/upstream/policy.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import type { ExchangeOptions, Upstream } from '#net/upstream/upstream.ts'
import type { ForwardLine } from '#plugins/forward/options.ts'
import type { Message } from '#wire/message.ts'

/** What a walk along the upstreams came to: a reply and the `host:port` that it is from, or why there is none. */
export type Walked = { readonly reply: Message; readonly from: string } | { readonly error: Error }

/** What a walk needs. */
export interface WalkContext {
  readonly line: ForwardLine
  upstreams(): readonly Upstream[]
  readonly policy: Policy<Upstream>
  readonly clock: Clock
  /** Called when every upstream is down. */
  readonly allDown: () => void
}

const NO_HEALTHY = new Error('no healthy proxies')
/** Wait between rounds of failed attempts when nothing else limits them, in milliseconds. */
const ROUND_PAUSE_MS = 50

/**
 * Asks upstreams in the policy's order until one replies. Those that are down are passed over; when all are, one is picked
 * by chance. A reply with a failover rcode is kept while the others are asked. Ends at the deadline (monotonic milliseconds) or after so many attempts as the line allows. Never rejects.
 */
export async function walk(
  context: WalkContext,
  question: UpstreamQuestion,
  options: ExchangeOptions,
): Promise<Walked> {
  const { line, clock } = context
  const { deadlineMs } = options
  const upstreams = context.upstreams()
  if (upstreams.length === 0) return { error: NO_HEALTHY }
  const order = context.policy(upstreams)
  const maxAttempts = line.maxConnectAttempts ?? 2 * upstreams.length
  let error = NO_HEALTHY
  let refusal: Walked | null = null
  let attempts = 0
  let down = 0
  let refused = 0
  for (let at = 0; clock.nowMs() < deadlineMs && (maxAttempts === 0 || attempts < maxAttempts); at++) {
    if (at === order.length) {
      at = 0
      down = 0
      if (maxAttempts === 0) await pause(ROUND_PAUSE_MS)
    }
    let upstream = order[at]!
    if (isDown(upstream, line)) {
      if (++down < order.length) continue
      context.allDown()
      if (line.failfast) break
      upstream = pickRandom(upstreams)
    }
    attempts++
    try {
      const reply = await upstream.exchange(question, options)
      const walked = { reply, from: upstream.address.text }
      if (!line.failoverRcodes.includes(reply.rcode) || ++refused === upstreams.length) return walked
      refusal = walked
    } catch (failure) {
      error = failure as Error
      if (line.maxFails > 0) upstream.startProbing()
      if (down >= order.length) break
    }
  }
  return refusal ?? { error }
}

function isDown(upstream: Upstream, line: ForwardLine): boolean {
  return line.maxFails > 0 && upstream.fails > line.maxFails
}
