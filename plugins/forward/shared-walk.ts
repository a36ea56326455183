import type { UpstreamQuestion } from '#net/upstream/question.ts'
import type { UdpExchange } from '#net/upstream/udp-exchange.ts'
import type { ExchangeOptions } from '#net/upstream/upstream.ts'
import type { WalkContext, Walked } from '#plugins/forward/walk.ts'
import { walk } from '#plugins/forward/walk.ts'

/** A question on its way along the upstreams, for all who ask it meanwhile. */
export class SharedWalk {
  /** What it comes to; never rejects. */
  readonly walked: Promise<Walked>
  #latest: UdpExchange | null = null

  constructor(context: WalkContext, question: UpstreamQuestion, options: ExchangeOptions) {
    const onUdp = (exchange: UdpExchange): void => {
      this.#latest = exchange
    }
    this.walked = walk(context, question, { ...options, onUdp })
  }

  /** Another asks the same question. */
  join(): Promise<Walked> {
    this.#latest?.askedAgain()
    return this.walked
  }
}
