import type { Directive } from '#corefile/directive.ts'
import { parseDurationMs } from '#lib/duration.ts'
import { within } from '#lib/timer.ts'
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
      return answer instanceof Promise ? within(query.deadlineMs - clock.nowMs(), answer, TOO_LATE) : answer
    }
  },
})
