import type { Cidr } from '#lib/cidr.ts'
import type { Handler } from '#plugin/handler.ts'
import { mapReplyTo } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { preferredSection } from '#plugins/loadbalance/prefer.ts'
import type { OrderAddresses, RandomBelow } from '#plugins/loadbalance/section.ts'
import { balancedSection, shuffle } from '#plugins/loadbalance/section.ts'
import type { Weights } from '#plugins/loadbalance/weights.ts'
import { weightedFirst } from '#plugins/loadbalance/weights.ts'
import { Rcode, Type } from '#wire/constants.ts'

/** Changes the order of a reply's records. */
export type Policy = (reply: Reply, query: Query) => Reply

/** Passes every query on, and applies the policies to the reply, the first one first. */
export function loadbalanceHandler(policies: readonly Policy[], next: Handler): Handler {
  const [first, second] = policies
  const apply: Policy = second === undefined ? first! : (reply, query) => second(first!(reply, query), query)
  function balance(reply: Reply, query: Query): Reply {
    if (reply.rcode !== Rcode.NOERROR || query.type === Type.AXFR || query.type === Type.IXFR) return reply
    return apply(reply, query)
  }
  return function loadbalance(query) {
    return mapReplyTo(next(query), query, balance)
  }
}

/** Policy `round_robin`: addresses and MX records in random order. */
export function roundRobin(below: RandomBelow): Policy {
  return reply => {
    const answer = balancedSection(reply.answer, shuffle, true, below)
    const authority = balancedSection(reply.authority, shuffle, true, below)
    const additional = balancedSection(reply.additional, shuffle, true, below)
    if (answer === reply.answer && authority === reply.authority && additional === reply.additional) return reply
    return reply.with({ answer, authority, additional })
  }
}

/** Policy `weighted`: one address first, chosen by weight. */
export function weighted(weights: () => Weights, below: RandomBelow): Policy {
  const order: OrderAddresses = weightedFirst(weights)
  return (reply, { type }) => {
    if (type !== Type.A && type !== Type.AAAA && type !== Type.SRV) return reply
    const answer = balancedSection(reply.answer, order, false, below)
    const additional = balancedSection(reply.additional, order, false, below)
    return answer === reply.answer && additional === reply.additional ? reply : reply.with({ answer, additional })
  }
}

/** Option `prefer`: addresses in the given ranges before the others. */
export function prefer(cidrs: readonly Cidr[]): Policy {
  return reply => {
    const answer = preferredSection(reply.answer, cidrs)
    const additional = preferredSection(reply.additional, cidrs)
    return answer === reply.answer && additional === reply.additional ? reply : reply.with({ answer, additional })
  }
}
