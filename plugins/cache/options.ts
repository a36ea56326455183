import type { Directive, Line } from '#corefile/directive.ts'
import { closest } from '#corefile/suggest.ts'
import { parseDurationMs } from '#lib/duration.ts'
import type { BlockSettings } from '#plugin/env.ts'
import { readZones } from '#plugin/zones.ts'
import type { PrefetchOptions, StaleOptions } from '#plugins/cache/refresh-options.ts'
import { readPrefetch, readServeStale, readStalePolicy } from '#plugins/cache/refresh-options.ts'
import type { StoreOptions } from '#plugins/cache/store-options.ts'
import { readDisable, StoreSettings } from '#plugins/cache/store-options.ts'
import type { FoldedName } from '#wire/name.ts'

/** The directive `cache`. */
export interface CacheOptions {
  readonly zones: readonly FoldedName[]
  readonly success: StoreOptions
  readonly denial: StoreOptions
  /** How long SERVFAIL and NOTIMP are kept; 0 is not at all. */
  readonly servfailTtlSeconds: number
  /** Whether hits carry the time to live that the reply was stored with, instead of what is left of it. */
  readonly keepTtl: boolean
  /** When replies are asked for anew before they are over; `null` for never. */
  readonly prefetch: PrefetchOptions | null
  /** How replies that are over are used; `null` for not at all. */
  readonly stale: StaleOptions | null
  /** Whether an answer, stale or not, goes before any denial or failure: `serve_stale_policy prefer_positive`. */
  readonly preferPositive: boolean
}

const MAX_SERVFAIL_MS = 300_000

const OPTION_NAMES = [
  'success',
  'denial',
  'prefetch',
  'serve_stale',
  'serve_stale_policy',
  'servfail',
  'disable',
  'keepttl',
]

/** Reads `cache [TTL] [ZONE...] { ... }`. */
export function parseCacheOptions(directive: Directive, block: Readonly<BlockSettings>): CacheOptions {
  const args = directive.rest()
  let ttlSeconds: number | undefined
  if (args.length > 0 && /^[+-]?\d+$/.test(args[0]!.text)) {
    const first = args.shift()!
    ttlSeconds = Number(first.text)
    if (ttlSeconds <= 0) first.fail(`cache TTL can not be zero or negative: ${ttlSeconds}`)
  }
  const zones = readZones(args, block.zones)
  const success = new StoreSettings(ttlSeconds ?? 3600)
  const denial = new StoreSettings(ttlSeconds ?? 1800)
  const read = directive.block(
    {
      success: line => success.read(line),
      denial: line => denial.read(line),
      servfail: readServfailSeconds,
      disable: line => readDisable(line, success, denial),
      keepttl: line => line.flag(),
      prefetch: readPrefetch,
      serve_stale: readServeStale,
      serve_stale_policy: readStalePolicy,
    },
    failUnknown,
  )
  checkPolicy(directive)
  return Object.freeze({
    zones,
    success: success.freeze(),
    denial: denial.freeze(),
    servfailTtlSeconds: read.servfail ?? 5,
    keepTtl: read.keepttl ?? false,
    prefetch: read.prefetch ?? null,
    stale: read.serve_stale ?? null,
    preferPositive: read.serve_stale_policy ?? false,
  })
}

function readServfailSeconds(line: Line): number {
  const argument = line.required()
  const ms = parseDurationMs(argument.text) ?? argument.durationMs()
  if (ms < 0) argument.fail('invalid negative ttl for servfail')
  if (ms > MAX_SERVFAIL_MS) argument.fail('caching SERVFAIL responses over 5 minutes is not permitted', 'RFC 2308')
  return Math.floor(ms / 1000)
}

/** A policy stands once, beside the option that it is a policy for. */
function checkPolicy(directive: Directive): void {
  const linesOf = (option: string) => (directive.lines ?? []).filter(line => line.name.text === option)
  const [policy, another] = linesOf('serve_stale_policy')
  if (another !== undefined) another.fail('serve_stale_policy can only be specified once')
  if (policy !== undefined && linesOf('serve_stale').length === 0)
    policy.fail('serve_stale_policy requires serve_stale')
}

function failUnknown(line: Line): never {
  const word = line.name.text
  const near = closest(word, OPTION_NAMES)
  line.fail(
    `Wrong argument count or unexpected line ending after '${word}'`,
    line.name,
    near === undefined ? `no such option: one of ${OPTION_NAMES.join(', ')}` : `did you mean '${near}'?`,
  )
}
