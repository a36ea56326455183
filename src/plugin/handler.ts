import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure } from '#plugin/reply.ts'
import { Rcode } from '#wire/constants.ts'

/** What a handler gives back: the reply, or a promise of it when something must be waited for. */
export type Answer = Reply | Promise<Reply>

/** Answers a query. It must not throw for anything a packet can hold; a throw costs a SERVFAIL and is counted. */
export type Handler = (query: Query) => Answer

/** `change` applied to the reply, now if it is there and later if it is promised: no promise is made for a reply at hand. */
export function mapReply(answer: Answer, change: (reply: Reply) => Reply): Answer {
  return answer instanceof Promise ? answer.then(change) : change(answer)
}

/** `change` with the query it belongs to, for handlers that would otherwise make a closure for each reply at hand. */
export function mapReplyTo(answer: Answer, query: Query, change: (reply: Reply, query: Query) => Reply): Answer {
  return answer instanceof Promise ? answer.then(reply => change(reply, query)) : change(answer, query)
}

/** Like `mapReply`, for a change that may itself have to wait. */
export function chainReply(answer: Answer, next: (reply: Reply) => Answer): Answer {
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

/** The end of a chain: what a plugin meets when it passes a query on and nothing is there to take it. */
export function noNextPlugin(caller: string): Handler {
  const error = new Error(`plugin/${caller}: no next plugin found`)
  const answer = failure(Rcode.SERVFAIL, error)
  return function noNext() {
    return answer
  }
}
