import type { Directive } from '#corefile/directive.ts'
import type { Clock } from '#lib/clock.ts'
import { parseDurationMs } from '#lib/duration.ts'
import { MAX_TIMER_MS } from '#lib/timer.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Reply } from '#plugin/reply.ts'
import { failure } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Rcode } from '#wire/constants.ts'

interface CancelOptions {
  readonly timeoutMs: number
}

/** A little more than the five seconds after which most clients ask again. */
const DEFAULT_TIMEOUT_MS = 5001

const TOO_LATE: Reply = failure(Rcode.SERVFAIL, new Error('context deadline exceeded'))

/** Gives the rest of the chain a deadline, and up when it passes. */
export const cancel: AnyPlugin = definePlugin<CancelOptions>({
  name: 'cancel',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive: Directive) {
    const timeout = directive.optional()
    directive.noBlock()
    if (timeout === undefined) return Object.freeze({ timeoutMs: DEFAULT_TIMEOUT_MS })
    const timeoutMs = parseDurationMs(timeout.text)
    if (timeoutMs === undefined) return timeout.fail(`invalid duration: '${timeout.text}'`)
    if (timeoutMs <= 0) return timeout.fail(`invalid timeout: '${timeout.text}'`, 'longer than zero')
    return Object.freeze({ timeoutMs })
  },
  build({ timeoutMs }, next, { clock }) {
    return function cancel(query) {
      const deadlineMs = clock.nowMs() + timeoutMs
      if (deadlineMs < query.deadlineMs) query.deadlineMs = deadlineMs
      const answer = next(query)
      return answer instanceof Promise ? before(query.deadlineMs, answer, clock) : answer
    }
  },
})

/** The reply, or a failure if it is not there by the deadline. No timer outlives what is returned. */
function before(deadlineMs: number, answer: Promise<Reply>, clock: Clock): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const leftMs = Math.min(Math.max(0, deadlineMs - clock.nowMs()), MAX_TIMER_MS)
    const timer = setTimeout(resolve, leftMs, TOO_LATE)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
