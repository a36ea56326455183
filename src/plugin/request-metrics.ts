import type { Counter, Histogram, HistogramSlot, MetricRegistry, Slot } from '#plugin/metrics.ts'
import { TIME_BUCKETS } from '#plugin/metrics.ts'
import type { Query } from '#plugin/query.ts'
import { rcodeLabel } from '#plugin/rcode-label.ts'
import type { Reply } from '#plugin/reply.ts'
import type { RepeatObserver } from '#plugin/reuse.ts'
import type { ServerContext } from '#plugin/server-context.ts'
import { Type, typeName } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { formatName } from '#wire/name.ts'

/** Label `zone` of queries that reached no chain. It has no final dot, so no zone can be called that. */
export const DROPPED_ZONE = 'dropped'

/** Bucket bounds of message sizes, in octets. */
const SIZE_BUCKETS = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16000, 32000, 48000, 64000]

/** The types that label `type` tells apart; all others are `other`. */
// biome-ignore format: a list reads best as one
const COUNTED_TYPES: readonly number[] = [
  Type.AAAA, Type.A, Type.CNAME, Type.DNSKEY, Type.DS, Type.MX, Type.NSEC3, Type.NSEC, Type.NS, Type.PTR, Type.RRSIG,
  Type.SOA, Type.SRV, Type.TXT, Type.HTTPS, Type.SVCB, Type.IXFR, Type.AXFR, Type.ANY,
]
/** Rows of the counters by type: `other` and one for each counted type. */
const TYPE_ROWS = COUNTED_TYPES.length + 1
const typeRows = new Uint8Array(256)
for (const [index, type] of COUNTED_TYPES.entries()) typeRows[type] = index + 1

/**
 * Counts requests and responses as CoreDNS does (`coredns_dns_*`), for one view. Series appear with their first query;
 * after that counting is additions at known places.
 */
export class RequestMetrics {
  readonly #families: Families
  readonly #view: string
  readonly #servers = new Map<ServerContext, Map<string, ZoneMetrics>>()
  #lastServer: ServerContext | null = null
  #lastZone = ''
  #last: ZoneMetrics | null = null

  constructor(registry: MetricRegistry, view = '') {
    this.#families = defineFamilies(registry)
    this.#view = view
  }

  /**
   * Counts one query and its reply. `responseOctets` is 0 for a reply that no plugin wrote; `elapsedMs` is the time since
   * the query was read, in milliseconds.
   */
  record(
    query: Query,
    reply: Reply,
    zone: FoldedName | typeof DROPPED_ZONE,
    responseOctets: number,
    elapsedMs: number,
  ): void {
    this.#of(query.server, zone).record(query, reply, responseOctets, elapsedMs)
  }

  /** Counts further queries like this one that get this reply, which a plugin wrote, without delay. */
  ofRepeats(query: Query, reply: Reply, zone: FoldedName): RepeatObserver {
    return this.#of(query.server, zone).ofRepeats(query, reply)
  }

  #of(server: ServerContext, zone: FoldedName | typeof DROPPED_ZONE): ZoneMetrics {
    if (this.#last === null || server !== this.#lastServer || zone !== this.#lastZone) {
      this.#last = this.#find(server, zone)
      this.#lastServer = server
      this.#lastZone = zone
    }
    return this.#last
  }

  #find(server: ServerContext, zone: FoldedName | typeof DROPPED_ZONE): ZoneMetrics {
    let zones = this.#servers.get(server)
    if (zones === undefined) this.#servers.set(server, (zones = new Map()))
    let metrics = zones.get(zone)
    if (metrics === undefined) {
      const label = zone === DROPPED_ZONE ? zone : formatName(zone)
      metrics = new ZoneMetrics(this.#families, [server.label, label, this.#view])
      zones.set(zone, metrics)
    }
    return metrics
  }
}

interface Families {
  readonly requests: Counter
  readonly duration: Histogram
  readonly requestSize: Histogram
  readonly responseSize: Histogram
  readonly dnssecOk: Counter
  readonly responses: Counter
}

/** The series of one server and zone, each made when it is first needed. */
class ZoneMetrics {
  readonly #families: Families
  readonly #labels: readonly string[]
  readonly #duration: HistogramSlot
  /** By type row, address family and protocol. */
  readonly #requests: (Slot | null)[] = new Array(TYPE_ROWS * 4).fill(null)
  /** By protocol, UDP first. */
  readonly #requestSize: (HistogramSlot | null)[] = [null, null]
  readonly #responseSize: (HistogramSlot | null)[] = [null, null]
  /** By plugin, then by response code. */
  readonly #responses = new Map<string, Map<number, Slot>>()
  #dnssecOk: Slot | null = null
  #lastAuthor = ''
  #lastRcode = 0
  #lastResponses: Slot | null = null
  /** By row of type and protocol, DO bit, response code and plugin. */
  readonly #repeats = new Map<string, RepeatObserver>()

  constructor(families: Families, labels: readonly string[]) {
    this.#families = families
    this.#labels = labels
    this.#duration = families.duration.labels(...labels)
  }

  record(query: Query, reply: Reply, responseOctets: number, elapsedMs: number): void {
    const stream = query.isStream ? 1 : 0
    this.#requestsOf(query.type, rowOf(query.type), query.peer.family, stream).inc()
    this.#duration.observe(elapsedMs / 1000)
    this.#requestSizeOf(stream).observe(query.sizeOctets)
    this.#responseSize[stream]!.observe(responseOctets)
    if (query.dnssecOk) this.#dnssecOkSlot().inc()
    // Replies of one plugin and code come in a row: the maps are asked when that changes.
    if (reply.author !== this.#lastAuthor || reply.rcode !== this.#lastRcode || this.#lastResponses === null) {
      this.#lastResponses = this.#responsesOf(reply)
      this.#lastAuthor = reply.author
      this.#lastRcode = reply.rcode
    }
    this.#lastResponses.inc()
  }

  ofRepeats({ type, isStream, dnssecOk }: Query, reply: Reply): RepeatObserver {
    const stream = isStream ? 1 : 0
    const row = rowOf(type)
    const key = `${row * 2 + stream} ${dnssecOk} ${reply.rcode} ${reply.author}`
    const known = this.#repeats.get(key)
    if (known !== undefined) return known
    const requestSize = this.#requestSizeOf(stream)
    const responseSize = this.#responseSize[stream]!
    const responses = this.#responsesOf(reply)
    const observer: RepeatObserver = {
      observe: (peer, _id, queryOctets, replyOctets) => {
        this.#requestsOf(type, row, peer.family, stream).inc()
        this.#duration.observe(0)
        requestSize.observe(queryOctets)
        responseSize.observe(replyOctets)
        if (dnssecOk) this.#dnssecOkSlot().inc()
        responses.inc()
      },
    }
    this.#repeats.set(key, observer)
    return observer
  }

  #requestsOf(type: number, row: number, family: 4 | 6, stream: 0 | 1): Slot {
    const index = row * 4 + (family === 6 ? 2 : 0) + stream
    return this.#requests[index] ?? this.#addRequests(index, type, family, stream)
  }

  #addRequests(index: number, type: number, family: 4 | 6, stream: 0 | 1): Slot {
    const labels = [
      stream === 1 ? 'tcp' : 'udp',
      family === 6 ? '2' : '1',
      rowOf(type) === 0 ? 'other' : typeName(type),
    ]
    const slot = this.#families.requests.labels(...this.#labels, ...labels)
    this.#requests[index] = slot
    return slot
  }

  #requestSizeOf(stream: 0 | 1): HistogramSlot {
    return this.#requestSize[stream] ?? this.#addSizes(stream)
  }

  #addSizes(stream: 0 | 1): HistogramSlot {
    const labels = [...this.#labels, stream === 1 ? 'tcp' : 'udp']
    const slot = this.#families.requestSize.labels(...labels)
    this.#requestSize[stream] = slot
    this.#responseSize[stream] = this.#families.responseSize.labels(...labels)
    return slot
  }

  #dnssecOkSlot(): Slot {
    this.#dnssecOk ??= this.#families.dnssecOk.labels(...this.#labels)
    return this.#dnssecOk
  }

  #responsesOf(reply: Reply): Slot {
    return this.#responses.get(reply.author)?.get(reply.rcode) ?? this.#addResponses(reply)
  }

  #addResponses(reply: Reply): Slot {
    let byRcode = this.#responses.get(reply.author)
    if (byRcode === undefined) this.#responses.set(reply.author, (byRcode = new Map()))
    const slot = this.#families.responses.labels(...this.#labels, rcodeLabel(reply.rcode), reply.author)
    byRcode.set(reply.rcode, slot)
    return slot
  }
}

function rowOf(type: number): number {
  return type < typeRows.length ? typeRows[type]! : 0
}

function defineFamilies(registry: MetricRegistry): Families {
  const place = ['server', 'zone', 'view']
  return {
    requests: registry.counter({
      name: 'coredns_dns_requests_total',
      help: 'DNS requests by zone, protocol, address family and type.',
      labels: [...place, 'proto', 'family', 'type'],
    }),
    duration: registry.histogram({
      name: 'coredns_dns_request_duration_seconds',
      help: 'Time from reading a request to its reply, in seconds.',
      labels: place,
      buckets: TIME_BUCKETS,
    }),
    requestSize: registry.histogram({
      name: 'coredns_dns_request_size_bytes',
      help: 'Size of requests as received, in bytes.',
      labels: [...place, 'proto'],
      buckets: SIZE_BUCKETS,
    }),
    responseSize: registry.histogram({
      name: 'coredns_dns_response_size_bytes',
      help: 'Size of replies as plugins wrote them, uncompressed, in bytes.',
      labels: [...place, 'proto'],
      buckets: SIZE_BUCKETS,
    }),
    dnssecOk: registry.counter({
      name: 'coredns_dns_do_requests_total',
      help: 'Requests with the DO bit set.',
      labels: place,
    }),
    responses: registry.counter({
      name: 'coredns_dns_responses_total',
      help: 'Replies by response code and by the plugin that wrote them.',
      labels: [...place, 'rcode', 'plugin'],
    }),
  }
}
