import type { FakeUpstream } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { rr } from '#test/support/plugin.ts'
import { targetOf } from '#wire/build.ts'
import { Rcode, Type, typeName } from '#wire/constants.ts'
import type { Message, Question } from '#wire/message.ts'
import { foldName, formatName, isSubdomain } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** A resolver on loopback that knows what a test tells it. */
export interface ZoneUpstream {
  readonly address: string
  /** Replaces all records, in presentation form; without any, everything is SERVFAIL. */
  serve(records: readonly string[]): void
  /** The questions since the last call, `name type`. */
  asked(): string[]
  close(): Promise<void>
}

/** Starts a resolver that answers from records: CNAMEs are followed, and denials carry the SOA above the name. */
export async function startZoneUpstream(records: readonly string[]): Promise<ZoneUpstream> {
  let zone: ResourceRecord[] = records.map(rr)
  let seen = 0
  const upstream: FakeUpstream = await startFakeUpstream(exchange =>
    exchange.reply(answer(zone, exchange.message.questions[0]!)),
  )
  return {
    address: upstream.address,
    serve(replacement) {
      zone = replacement.map(rr)
    },
    asked() {
      const since = upstream.exchanges.slice(seen)
      seen = upstream.exchanges.length
      return since.map(
        ({ message: { questions } }) => `${formatName(questions[0]!.name)} ${typeName(questions[0]!.type)}`,
      )
    },
    close: () => upstream.close(),
  }
}

function answer(zone: readonly ResourceRecord[], { name, type }: Question): Partial<Message> {
  if (zone.length === 0) return { rcode: Rcode.SERVFAIL }
  const found: ResourceRecord[] = []
  let folded = foldName(name)
  for (;;) {
    const owned = zone.filter(({ owner }) => foldName(owner) === folded)
    const matching = owned.filter(record => record.type === type)
    const alias = matching.length > 0 ? undefined : owned.find(record => record.type === Type.CNAME)
    found.push(...matching, ...(alias === undefined ? [] : [alias]))
    if (matching.length > 0) return { answer: found }
    if (alias === undefined) {
      const authority = zone.filter(record => record.type === Type.SOA && isSubdomain(folded, foldName(record.owner)))
      return { rcode: owned.length > 0 ? Rcode.NOERROR : Rcode.NXDOMAIN, answer: found, authority }
    }
    folded = foldName(targetOf(alias))
  }
}
