import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'
import type { Token } from '#corefile/token.ts'
import { formatDuration } from '#lib/duration.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import type { PolicyName } from '#net/upstream/policy.ts'
import type { Target } from '#plugins/forward/target.ts'
import { readServerAddress, readTarget } from '#plugins/forward/target.ts'
import { Rcode, rcodeNumber } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { formatName, parseName, ROOT } from '#wire/name.ts'

/** One `forward` line; times in milliseconds. */
export interface ForwardLine {
  readonly token: Token
  readonly from: FoldedName
  /** What to say about a FROM that stands for several zones; empty when there is nothing to say. */
  readonly warning: string
  readonly targets: readonly Target[]
  readonly except: readonly FoldedName[]
  readonly forceTcp: boolean
  readonly preferUdp: boolean
  readonly expireMs: number
  readonly maxAgeMs: number
  readonly maxIdleConnections: number
  readonly readTimeoutMs: number
  /** 0: upstreams are never taken to be down. */
  readonly maxFails: number
  /** `null` is twice the number of upstreams, 0 no limit. */
  readonly maxConnectAttempts: number | null
  readonly policy: PolicyName
  readonly healthCheck: HealthCheckOptions
  /** Queries that may be under way. */
  readonly maxConcurrent: number
  /** Response codes with which a query goes to the next `forward` line. */
  readonly nextRcodes: readonly number[]
  readonly nextOnNodata: boolean
  /** Response codes with which the next upstream is asked. */
  readonly failoverRcodes: readonly number[]
  readonly failfast: boolean
  /** Servers that look up the names among the targets; the system's resolver when there is none. */
  readonly resolvers: readonly UpstreamAddress[]
  readonly sourceAddress: string | null
}

/** Option `health_check`. */
export interface HealthCheckOptions {
  readonly intervalMs: number
  readonly recursionDesired: boolean
  readonly domain: Name
}

/** All `forward` lines of a server block, in the order of the file. */
export interface ForwardOptions {
  readonly lines: readonly ForwardLine[]
}

const MAX_TARGETS = 15
const encryptionOptions = ['tls', 'tls_servername', 'doh_method']
/** Each query under way takes some memory, and an upstream that is silent keeps it waiting for seconds. */
const DEFAULT_MAX_CONCURRENT = 10_000
const DEFAULT_HEALTH_CHECK: HealthCheckOptions = { intervalMs: 500, recursionDesired: true, domain: ROOT }

/** Reads one `forward` line after those in `previous`. */
export function parseForward(directive: Directive, previous: ForwardOptions | undefined): ForwardOptions {
  return Object.freeze({ lines: [...(previous?.lines ?? []), readLine(directive)] })
}

function readLine(d: Directive): ForwardLine {
  const { from, warning } = readFrom(d.required())
  const to = d.some()
  if (to.length > MAX_TARGETS) to[MAX_TARGETS]!.fail(`more than ${MAX_TARGETS} TOs configured: ${to.length}`)
  const targets = to.map(readTarget)
  d.lines?.forEach(refuseEncryption)
  const except: FoldedName[] = []
  const nextRcodes: number[] = []
  const failoverRcodes: number[] = []
  const resolvers: UpstreamAddress[] = []
  const o = d.block({
    except: line => except.push(...line.some().flatMap(argument => argument.zones())),
    force_tcp: line => line.flag(),
    prefer_udp: line => line.flag(),
    expire: line => line.one().durationMs(),
    max_age: line => line.one().durationMs(),
    max_idle_conns: line => line.one().int(),
    read_timeout: line => line.one().durationMs({ min: 1 }),
    max_fails: line => line.one().int({ max: 0xffff_ffff }),
    max_connect_attempts: line => line.one().int({ max: 0xffff_ffff }),
    policy: line => line.one().oneOf('policy', ['random', 'round_robin', 'sequential']),
    health_check: readHealthCheck,
    max_concurrent: line => line.one().int(),
    next: line => nextRcodes.push(...line.some().map(readRcode)),
    next_on_nodata: line => line.flag(),
    failover: line => failoverRcodes.push(...line.some().map(readFailoverRcode)),
    failfast_all_unhealthy_upstreams: line => line.flag(),
    resolver: line => resolvers.push(...line.some().map(readServerAddress)),
    source_address: line => line.one().ip(),
  })
  const expireMs = o.expire ?? 10_000
  const maxAgeMs = o.max_age ?? 0
  if (maxAgeMs > 0 && maxAgeMs < expireMs) {
    d.fail(`max_age (${formatDuration(maxAgeMs)}) must not be less than expire (${formatDuration(expireMs)})`)
  }
  return Object.freeze({
    token: d.name,
    from,
    warning,
    targets,
    except,
    forceTcp: o.force_tcp ?? false,
    preferUdp: o.prefer_udp ?? false,
    expireMs,
    maxAgeMs,
    maxIdleConnections: o.max_idle_conns ?? 0,
    readTimeoutMs: o.read_timeout ?? 2000,
    maxFails: o.max_fails ?? 2,
    maxConnectAttempts: o.max_connect_attempts ?? null,
    policy: o.policy ?? 'random',
    healthCheck: o.health_check ?? DEFAULT_HEALTH_CHECK,
    maxConcurrent: o.max_concurrent || DEFAULT_MAX_CONCURRENT,
    nextRcodes,
    nextOnNodata: o.next_on_nodata ?? false,
    failoverRcodes,
    failfast: o.failfast_all_unhealthy_upstreams ?? false,
    resolvers,
    sourceAddress: o.source_address ?? null,
  })
}

function readFrom(argument: Argument): { from: FoldedName; warning: string } {
  const zones = argument.zones()
  const from = zones[0]!
  if (zones.length === 1) return { from, warning: '' }
  const text = `Unsupported CIDR notation: '${argument.text}' expands to multiple zones. Using only '${formatName(from)}'.`
  return { from, warning: text }
}

function readHealthCheck(line: Line): HealthCheckOptions {
  const intervalMs = line.required().durationMs()
  let recursionDesired = true
  let domain: Name = ROOT
  for (let argument = line.optional(); argument !== undefined; argument = line.optional()) {
    const word = argument.oneOf('health_check option', ['no_rec', 'domain'])
    if (word === 'no_rec') recursionDesired = false
    else domain = readDomain(line.required())
  }
  return { intervalMs, recursionDesired, domain }
}

function readDomain(argument: Argument): Name {
  return parseName(argument.text) ?? argument.fail(`health_check: invalid domain name ${argument.text}`)
}

function readRcode(argument: Argument): number {
  return rcodeNumber(argument.text) ?? argument.fail(`${argument.text} is not a valid rcode`)
}

function readFailoverRcode(argument: Argument): number {
  const rcode = readRcode(argument)
  return rcode === Rcode.NOERROR ? argument.fail('NOERROR is not a valid failover rcode', 'name an error') : rcode
}

function refuseEncryption(line: Line): void {
  const option = line.name.text
  if (!encryptionOptions.includes(option)) return
  line.fail(`'${option}' is for encrypted upstreams, which are not part of this version`)
}
