import type { Line } from '#corefile/directive.ts'
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

const DEFAULT_CAPACITY = 10_000
/** Bounds what a slip of the finger can allocate: the store's index is laid out when the server starts. */
const MAX_CAPACITY = 1 << 24

/** One store's options while the block is read. */
export class StoreSettings {
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

  /** What has been read. */
  freeze(): StoreOptions {
    return Object.freeze({ ...this })
  }
}

/** `disable success|denial [ZONE...]`; no zones is all of them. */
export function readDisable(line: Line, success: StoreSettings, denial: StoreSettings): void {
  const kind = line.required()
  if (kind.text !== 'success' && kind.text !== 'denial') {
    kind.fail('cache type for disable must be "success" or "denial"')
  }
  const store = kind.text === 'success' ? success : denial
  store.disabledZones = readZones(line.rest(), [ROOT])
}
