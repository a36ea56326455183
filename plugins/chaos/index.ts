import { hostname } from 'node:os'
import { randomBelow } from '#lib/random.ts'
import { VERSION } from '#lib/version.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { Class, Type } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, name } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

interface ChaosOptions {
  readonly version: string
  readonly authors: readonly string[]
}

const MAX_STRING_OCTETS = 255

/** Answers the questions of class CH that ask a server about itself (RFC 4892). */
export const chaos: AnyPlugin = definePlugin<ChaosOptions>({
  name: 'chaos',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    const version = directive.optional()?.text ?? `Nodens-${VERSION}`
    const authors = directive.rest().map(argument => argument.text)
    directive.noBlock()
    return Object.freeze({ version, authors: authors.length > 0 ? authors : ['The Nodens authors'] })
  },
  build({ version, authors }, next) {
    const versionData = textData(version)
    const hostData = textData(hostname())
    const authorData = authors.map(textData)
    const answers = new Map<FoldedName, () => readonly Uint8Array[]>([
      [known('version.bind'), () => [versionData]],
      [known('version.server'), () => [versionData]],
      [known('hostname.bind'), () => [hostData]],
      [known('id.server'), () => [hostData]],
      [known('authors.bind'), () => shuffled(authorData)],
    ])
    return function chaos(query) {
      if (query.class !== Class.CH || query.type !== Type.TXT) return next(query)
      const answer = answers.get(query.folded)
      return answer === undefined ? next(query) : texts(query, answer())
    }
  },
})

function texts(query: Query, datas: readonly Uint8Array[]): Reply {
  return reply('chaos', {
    answer: datas.map(data => new ResourceRecord(query.name, Type.TXT, Class.CH, 0, data)),
  })
}

/** The data of a TXT record with one string, cut to what one holds (RFC 1035 section 3.3). */
function textData(text: string): Uint8Array {
  const octets = Buffer.from(text, 'utf8').subarray(0, MAX_STRING_OCTETS)
  return Uint8Array.from([octets.length, ...octets])
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const order = [...items]
  for (let left = order.length; left > 1; left--) {
    const picked = randomBelow(left)
    const item = order[picked]!
    order[picked] = order[left - 1]!
    order[left - 1] = item
  }
  return order
}

function known(text: string): FoldedName {
  return foldName(name(text))
}
