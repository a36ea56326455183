import { hostname } from 'node:os'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { mapReply } from '#plugin/handler.ts'
import type { Reply } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { OptionCode } from '#wire/constants.ts'

interface NsidOptions {
  /** What identifies this server; `null` for the host's name. */
  readonly data: string | null
}

/** Names the server to askers that want to know which one answered (RFC 5001). */
export const nsid: AnyPlugin = definePlugin<NsidOptions>({
  name: 'nsid',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    const words = directive.rest().map(argument => argument.text)
    directive.noBlock()
    return Object.freeze({ data: words.length === 0 ? null : words.join(' ') })
  },
  build({ data }, next) {
    const option = { code: OptionCode.NSID, data: Buffer.from(data ?? hostname(), 'utf8') }
    const identified = (reply: Reply) => reply.with({ options: [...reply.options, option] })
    return function nsid(query) {
      const isAsked = query.hasEdns && query.ednsOption(OptionCode.NSID) !== null
      const answer = next(query)
      return isAsked ? mapReply(answer, identified) : answer
    }
  },
})
