import type { Directive } from '#corefile/directive.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { localReply } from '#plugins/local/answer.ts'

interface LocalOptions {
  /** Whether `localhost.<anything>` is a name of this machine too. */
  readonly localhostPrefix: boolean
}

/** Answers for localhost and 127.0.0.0/8, so that such queries never leave the machine (RFC 6303, RFC 6761). */
export const local: AnyPlugin = definePlugin<LocalOptions>({
  name: 'local',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive: Directive) {
    const read = directive.block({
      localhost_prefix: line => line.one().oneOf('localhost_prefix value', ['on', 'off']) === 'on',
    })
    return Object.freeze({ localhostPrefix: read.localhost_prefix ?? true })
  },
  build({ localhostPrefix }, next, env) {
    const requests = env.metrics.counter({
      name: 'coredns_local_localhost_requests_total',
      help: 'Queries for localhost.<domain>: a sign of a search list that is applied to localhost.',
    })
    const slot = requests.labels()
    return function local(query) {
      return localReply(query, localhostPrefix, slot) ?? next(query)
    }
  },
})
