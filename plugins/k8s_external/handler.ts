import type { ExternalServices, ExternalTarget } from '#plugin/external-services.ts'
import type { Answer, Handler } from '#plugin/handler.ts'
import { mapReply } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply, ReplyParts } from '#plugin/reply.ts'
import { Delivery, failure, reply } from '#plugin/reply.ts'
import type { Reuse } from '#plugin/reuse.ts'
import { fallsThrough, matchZone } from '#plugin/zones.ts'
import { addressRecords, nameServer, zoneNs, zoneSoa } from '#plugins/k8s_external/apex.ts'
import type { ExternalOptions } from '#plugins/k8s_external/options.ts'
import { hostOf, ownName, srvRecords, targetAddresses } from '#plugins/k8s_external/records.ts'
import { cname, ptr } from '#wire/build.ts'
import { Class, Flag, Rcode, Type } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { foldName } from '#wire/name.ts'

/** Lookups within the server that may precede one more. */
const MAX_DEPTH = 10
const TRANSFER_REFUSED = failure(Rcode.REFUSED)

/** Answers for the services of a cluster by the addresses that they have outside of it. */
export class ExternalAnswers {
  readonly #options: ExternalOptions
  readonly #services: () => ExternalServices
  readonly #next: Handler
  readonly #reuse: Reuse
  readonly #apexLabels: string

  /** `reuse` is that of replies made from the services alone. */
  constructor(options: ExternalOptions, services: () => ExternalServices, next: Handler, reuse: Reuse) {
    this.#options = options
    this.#services = services
    this.#next = next
    this.#reuse = reuse
    this.#apexLabels = String.fromCharCode(options.apex.length) + options.apex
  }

  answer(query: Query): Answer {
    const zone = query.class === Class.IN ? matchZone(this.#options.zones, query.folded) : null
    if (zone === null) return this.#next(query)
    if (query.type === Type.AXFR || query.type === Type.IXFR) return TRANSFER_REFUSED
    const labels = query.folded.slice(0, query.folded.length - zone.length)
    if (labels === '') return this.#answerApex(query, zone)
    if (isAtOrBelow(labels, this.#apexLabels)) return this.#answerBelowApex(query, zone, labels)
    const services = this.#services()
    const pointers = services.reachedAt(query.folded)
    if (pointers.length > 0) return this.#answerPointers(query, zone, pointers)
    const targets = services.find(labels, this.#options.headless)
    return targets === null ? this.#nameError(query, zone) : this.#answerTargets(query, zone, targets)
  }

  #answerApex(query: Query, zone: FoldedName): Reply {
    const owner = query.name
    const { serial } = this.#services()
    if (query.type === Type.SOA) return this.#found({ answer: [zoneSoa(owner, this.#options, serial)] })
    if (query.type !== Type.NS) return this.#negative(query, zone, Rcode.NOERROR)
    const { apex, ttlSeconds } = this.#options
    const additional = addressRecords(nameServer(owner, apex), ttlSeconds, this.#services().ownAddresses())
    return this.#found({ answer: [zoneNs(owner, this.#options)], additional })
  }

  #answerBelowApex(query: Query, zone: FoldedName, labels: string): Reply {
    if (labels === this.#apexLabels) return this.#negative(query, zone, Rcode.NOERROR)
    if (labels !== `\x03ns1${this.#apexLabels}`) return this.#negative(query, zone, Rcode.NXDOMAIN)
    const addresses = this.#services()
      .ownAddresses()
      .filter(({ type }) => type === query.type)
    return this.#foundOr(query, zone, { answer: addressRecords(query.name, this.#options.ttlSeconds, addresses) })
  }

  #answerPointers(query: Query, zone: FoldedName, pointers: readonly string[]): Reply {
    const first = this.#options.zones[0]!
    const targets = query.type === Type.PTR ? pointers.map(labels => ownName(labels, first)) : []
    const answer = targets.flatMap(target =>
      target === null ? [] : [ptr(query.name, this.#options.ttlSeconds, target)],
    )
    return this.#foundOr(query, zone, { answer })
  }

  #answerTargets(query: Query, zone: FoldedName, targets: readonly ExternalTarget[]): Answer {
    const { ttlSeconds } = this.#options
    const host = hostOf(targets)
    switch (query.type) {
      case Type.A:
      case Type.AAAA:
        return host === null
          ? this.#foundOr(query, zone, { answer: targetAddresses(targets, query.name, query.type, ttlSeconds) })
          : this.#follow(query, zone, host)
      case Type.CNAME:
        return this.#foundOr(query, zone, { answer: host === null ? [] : [cname(query.name, ttlSeconds, host)] })
      case Type.SRV:
        return this.#foundOr(query, zone, srvRecords(targets, query.name, zoneName(query, zone), ttlSeconds))
    }
    return this.#negative(query, zone, Rcode.NOERROR)
  }

  /** The CNAME record of a load balancer that has a name, and what the server finds there. */
  #follow(query: Query, zone: FoldedName, host: Name): Answer {
    if (foldName(host) === query.folded || query.depth >= MAX_DEPTH) return this.#negative(query, zone, Rcode.NOERROR)
    const link = cname(query.name, this.#options.ttlSeconds, host)
    return mapReply(query.server.resolve(query.derive(host, query.type)), ({ delivery, answer, flags }) => {
      const found = delivery === Delivery.DROPPED ? [] : answer
      return reply('k8s_external', { flags: Flag.AA | (flags & Flag.TC), answer: [link, ...found] })
    })
  }

  #nameError(query: Query, zone: FoldedName): Answer {
    if (fallsThrough(this.#options.fallthrough, query.folded)) return this.#next(query)
    // While services are still missing, a name that is not here may exist all the same.
    const { isSynced } = this.#services()
    return isSynced
      ? this.#negative(query, zone, Rcode.NXDOMAIN)
      : this.#negative(query, zone, Rcode.SERVFAIL).with({ reuse: null })
  }

  #foundOr(query: Query, zone: FoldedName, parts: ReplyParts): Reply {
    return parts.answer!.length === 0 ? this.#negative(query, zone, Rcode.NOERROR) : this.#found(parts)
  }

  #found(parts: ReplyParts): Reply {
    return reply('k8s_external', { flags: Flag.AA, reuse: this.#reuse, ...parts })
  }

  #negative(query: Query, zone: FoldedName, rcode: number): Reply {
    const authority = [zoneSoa(zoneName(query, zone), this.#options, this.#services().serial)]
    return this.#found({ rcode, authority })
  }
}

/** Whether wire labels are `last`, or end in it at a label's begin. */
function isAtOrBelow(labels: string, last: string): boolean {
  if (!labels.endsWith(last)) return false
  let at = 0
  while (at < labels.length - last.length) at += 1 + labels.charCodeAt(at)
  return at === labels.length - last.length
}

/** The zone's name in the asker's letter case. */
function zoneName(query: Query, zone: FoldedName): Name {
  return query.name.slice(query.name.length - zone.length) as Name
}
