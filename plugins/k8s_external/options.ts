import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'
import type { BlockSettings } from '#plugin/env.ts'
import type { Fallthrough } from '#plugin/zones.ts'
import { readFallthrough, readZones } from '#plugin/zones.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, prependLabels, ROOT } from '#wire/name.ts'

const DEFAULT_APEX = 'dns'
const DEFAULT_TTL_SECONDS = 5
const MAX_TTL_SECONDS = 3600

/** The options of the plugin. */
export interface ExternalOptions {
  readonly zones: readonly FoldedName[]
  /** The label below which the zone's own names lie, folded. */
  readonly apex: string
  readonly ttlSeconds: number
  readonly headless: boolean
  readonly fallthrough: Fallthrough
}

/** Reads `k8s_external [ZONE...] { apex LABEL  ttl TTL  headless  fallthrough [ZONE...] }`. */
export function parseExternal(directive: Directive, block: Readonly<BlockSettings>): ExternalOptions {
  const zones = readZones(directive.rest(), block.zones)
  const read = directive.block({
    apex: (line: Line) => readLabel(line.one()),
    ttl: (line: Line) => readTtl(line.one()),
    headless: (line: Line) => line.flag(),
    fallthrough: readFallthrough,
  })
  if (!block.plugins.includes('kubernetes')) {
    directive.fail('kubernetes plugin not loaded', directive.name, "add 'kubernetes' to this server block")
  }
  return Object.freeze({
    zones,
    apex: read.apex ?? DEFAULT_APEX,
    ttlSeconds: read.ttl ?? DEFAULT_TTL_SECONDS,
    headless: read.headless ?? false,
    fallthrough: read.fallthrough ?? null,
  })
}

function readLabel(argument: Argument): string {
  const { text } = argument
  const name = text.includes('.') ? null : prependLabels([text], ROOT)
  return name === null ? argument.fail(`'${text}' is not a label`) : foldName(name).slice(1, -1)
}

function readTtl(argument: Argument): number {
  const ttlSeconds = argument.int({ min: Number.MIN_SAFE_INTEGER })
  if (ttlSeconds >= 0 && ttlSeconds <= MAX_TTL_SECONDS) return ttlSeconds
  return argument.fail(`ttl must be in range [0, ${MAX_TTL_SECONDS}]: ${ttlSeconds}`)
}
