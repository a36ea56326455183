import { isIP } from 'node:net'
import type { Directive, Line } from '#corefile/directive.ts'
import { closest } from '#corefile/suggest.ts'
import { parseDurationMs } from '#lib/duration.ts'
import type { BlockSettings } from '#plugin/env.ts'
import type { Fallthrough } from '#plugin/zones.ts'
import { readFallthrough, readZones } from '#plugin/zones.ts'
import type { FoldedName } from '#wire/name.ts'
import { parseName } from '#wire/name.ts'

/** The directive `hosts`. */
export interface HostsOptions {
  readonly path: string
  readonly zones: readonly FoldedName[]
  /** Lines in the form of the file, from the block: they come after those of the file. */
  readonly inline: readonly string[]
  readonly ttlSeconds: number
  /** Whether PTR queries are answered. */
  readonly reverse: boolean
  /** How often the file is looked at; 0 is never again. */
  readonly reloadMs: number
  readonly fallthrough: Fallthrough
  /** Whether a type other than A, AAAA and PTR goes on to the next plugin too. */
  readonly fallthroughUnsupported: boolean
}

const OPTION_NAMES = ['ttl', 'no_reverse', 'reload', 'fallthrough', 'fallthrough_unsupported']

/** Reads `hosts [FILE [ZONE...]] { ... }`. */
export function parseHostsOptions(directive: Directive, block: Readonly<BlockSettings>): HostsOptions {
  const path = directive.optional()?.text ?? '/etc/hosts'
  const zones = readZones(directive.rest(), block.zones)
  const inline: string[] = []
  const fallthroughAt = directive.lines?.findIndex(line => line.name.text === 'fallthrough') ?? -1
  const beforeFallthrough = new Set(fallthroughAt < 0 ? directive.lines : directive.lines?.slice(0, fallthroughAt))
  const read = directive.block(
    {
      ttl: readTtlSeconds,
      no_reverse: line => line.flag(),
      reload: readReloadMs,
      fallthrough: readFallthrough,
      fallthrough_unsupported: line => {
        if (fallthroughAt < 0) line.fail('fallthrough_unsupported requires fallthrough')
        return line.flag()
      },
    },
    line => inline.push(readInline(line, beforeFallthrough.has(line))),
  )
  return Object.freeze({
    path,
    zones,
    inline,
    ttlSeconds: read.ttl ?? 3600,
    reverse: !(read.no_reverse ?? false),
    reloadMs: read.reload ?? 5000,
    fallthrough: read.fallthrough ?? null,
    fallthroughUnsupported: read.fallthrough_unsupported ?? false,
  })
}

function readTtlSeconds(line: Line): number {
  const argument = line.optional() ?? line.fail('ttl needs a time in second')
  if (!/^[+-]?\d+$/.test(argument.text)) argument.fail('ttl needs a number of second')
  const ttlSeconds = Number(argument.text)
  if (ttlSeconds <= 0 || ttlSeconds > 65535) argument.fail('ttl provided is invalid', 'from 1 to 65535')
  return ttlSeconds
}

function readReloadMs(line: Line): number {
  const argument = line.optional() ?? line.fail('reload needs a duration (zero seconds to disable)')
  const ms = parseDurationMs(argument.text)
  if (ms === undefined) return argument.fail(`invalid duration for reload '${argument.text}'`)
  if (ms < 0) return argument.fail(`invalid negative duration for reload '${argument.text}'`)
  return ms
}

/** `IP NAME...`, taken from the block as a line of the file. */
function readInline(line: Line, isBeforeFallthrough: boolean): string {
  const { text } = line.name
  if (isIP(text) === 0 || !isBeforeFallthrough) {
    const near = closest(text, OPTION_NAMES)
    const hint = isIP(text) === 0 ? 'an entry starts with an IP address' : 'entries come before fallthrough'
    line.fail(`unknown property '${text}'`, line.name, near === undefined ? hint : `did you mean '${near}'?`)
  }
  const names = line.some()
  for (const argument of names) {
    if (parseName(argument.text) === null) argument.fail(`'${argument.text}' is not a domain name`)
  }
  return [text, ...names.map(argument => argument.text)].join(' ')
}
