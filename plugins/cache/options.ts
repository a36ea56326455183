import type { Directive, Line } from '#corefile/directive.ts'
import { closest } from '#corefile/suggest.ts'
import { parseDurationMs } from '#lib/duration.ts'
import type { BlockSettings } from '#plugin/env.ts'
import { readZones } from '#plugin/zones.ts'
import type { FoldedName } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'

/** How one of the two stores, for answers or for denials, is kept. */
export interface StoreOptions {
  /** As written; see `storeEntries` for what it comes to. */
  readonly capacity: number
  readonly maxTtlSeconds: number
  readonly minTtlSeconds: number
  /** Zones whose replies of this kind are not stored. */
  readonly disabledZones: readonly FoldedName[]
}

/** The directive `cache`. */
export interface CacheOptions {
  readonly zones: readonly FoldedName[]
  readonly success: StoreOptions
  readonly denial: StoreOptions
  /** How long SERVFAIL and NOTIMP are kept; 0 is not at all. */
  readonly servfailTtlSeconds: number
  /** Whether hits carry the time to live that the reply was stored with, instead of what is left of it. */
  readonly keepTtl: boolean
}

const DEFAULT_CAPACITY = 10_000
/** Bounds what a slip of the finger can allocate: the store's index is laid out when the server starts. */
const MAX_CAPACITY = 1 << 24
const MAX_SERVFAIL_MS = 300_000

const OPTION_NAMES = ['success', 'denial', 'servfail', 'disable', 'keepttl']
const LATER_OPTIONS = ['prefetch', 'serve_stale', 'serve_stale_policy']

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
    },
    failUnknown,
  )
  return Object.freeze({
    zones,
    success: success.freeze(),
    denial: denial.freeze(),
    servfailTtlSeconds: read.servfail ?? 5,
    keepTtl: read.keepttl ?? false,
  })
}

/** One store's options while the block is read. */
class StoreSettings {
  capacity: number = DEFAULT_CAPACITY
  minTtlSeconds = 5
  maxTtlSeconds: number
  disabledZones: readonly FoldedName[] = []

  constructor(maxTtlSeconds: number) {
    this.maxTtlSeconds = maxTtlSeconds
  }

  /** `success|denial CAPACITY [TTL [MINTTL]]`. */
  read(line: Line): void {
    this.capacity = line.required().int({ max: MAX_CAPACITY })
    const ttl = line.optional()
    if (ttl === undefined) return
    const maxTtlSeconds = ttl.int({ min: Number.MIN_SAFE_INTEGER })
    if (maxTtlSeconds <= 0) ttl.fail(`cache TTL can not be zero or negative: ${maxTtlSeconds}`)
    this.maxTtlSeconds = maxTtlSeconds
    const minTtl = line.optional()
    if (minTtl === undefined) return
    const minTtlSeconds = minTtl.int({ min: Number.MIN_SAFE_INTEGER })
    if (minTtlSeconds < 0) minTtl.fail(`cache min TTL can not be negative: ${minTtlSeconds}`)
    this.minTtlSeconds = minTtlSeconds
  }

  freeze(): StoreOptions {
    return Object.freeze({ ...this })
  }
}

function readServfailSeconds(line: Line): number {
  const argument = line.required()
  const ms = parseDurationMs(argument.text) ?? argument.durationMs()
  if (ms < 0) argument.fail('invalid negative ttl for servfail')
  if (ms > MAX_SERVFAIL_MS) argument.fail('caching SERVFAIL responses over 5 minutes is not permitted', 'RFC 2308')
  return Math.floor(ms / 1000)
}

/** `disable success|denial [ZONE...]`; no zones is all of them. */
function readDisable(line: Line, success: StoreSettings, denial: StoreSettings): void {
  const kind = line.required()
  if (kind.text !== 'success' && kind.text !== 'denial') {
    kind.fail('cache type for disable must be "success" or "denial"')
  }
  const store = kind.text === 'success' ? success : denial
  store.disabledZones = readZones(line.rest(), [ROOT])
}

function failUnknown(line: Line): never {
  const word = line.name.text
  if (LATER_OPTIONS.includes(word)) line.fail(`option '${word}' is not part of this version`)
  const near = closest(word, OPTION_NAMES)
  line.fail(
    `Wrong argument count or unexpected line ending after '${word}'`,
    line.name,
    near === undefined ? `no such option: one of ${OPTION_NAMES.join(', ')}` : `did you mean '${near}'?`,
  )
}
