import type { Argument } from '#corefile/argument.ts'
import type { Line } from '#corefile/directive.ts'
import { parseDurationMs } from '#lib/duration.ts'

/** When a reply is asked for anew before it is over: `prefetch AMOUNT [DURATION [PERCENTAGE%]]`. */
export interface PrefetchOptions {
  /** So many queries for it, at least 1. */
  readonly amount: number
  /** With no longer gap than this between them. */
  readonly windowMs: number
  /** When so much of its time to live is left, 10 to 90. */
  readonly percentage: number
}

/** How replies that are over are used: `serve_stale`. */
export interface StaleOptions {
  /** For so long after they are over. */
  readonly seconds: number
  /** Whether the rest of the chain is asked first, and not behind the asker's back. */
  readonly verify: boolean
  /** How long that is waited for; 0 is until it answers or fails. */
  readonly verifyTimeoutMs: number
  /** The time to live they leave with. */
  readonly responseTtlSeconds: number
  /** How long after a failure it is not tried again; 0 is not at all. */
  readonly recheckMs: number
}

const DEFAULT_WINDOW_MS = 60_000
const DEFAULT_PERCENTAGE = 10
const DEFAULT_STALE_SECONDS = 3600
const MAX_RECHECK_MS = 300_000
const MAX_TTL_SECONDS = 0xffff_ffff

/** Reads `prefetch AMOUNT [DURATION [PERCENTAGE%]]`; `null` for an AMOUNT of 0, which turns it off. */
export function readPrefetch(line: Line): PrefetchOptions | null {
  const first = line.required()
  const amount = first.int({ min: Number.MIN_SAFE_INTEGER })
  if (amount < 0) first.fail(`prefetch amount should be positive: ${amount}`)
  const window = line.optional()
  const percentage = line.optional()
  const options = {
    amount,
    windowMs: window?.durationMs({ min: Number.MIN_SAFE_INTEGER }) ?? DEFAULT_WINDOW_MS,
    percentage: percentage === undefined ? DEFAULT_PERCENTAGE : readPercentage(percentage),
  }
  return amount === 0 ? null : Object.freeze(options)
}

function readPercentage(argument: Argument): number {
  const { text } = argument
  if (!text.endsWith('%')) argument.fail(`last character of percentage should be \`%\`, but is: '${text.at(-1) ?? ''}'`)
  const number = text.slice(0, -1)
  if (!/^[+-]?\d+$/.test(number)) argument.fail(`'${number}' is not a whole number`)
  const percentage = Number(number)
  if (percentage < 10 || percentage > 90) {
    argument.fail(`percentage should fall in range [10, 90]: ${percentage}`)
  }
  return percentage
}

/**
 * Reads `serve_stale [DURATION [immediate [RESPONSE_TTL [RECHECK]] | verify [TIMEOUT [RESPONSE_TTL [RECHECK]]]]]`.
 */
export function readServeStale(line: Line): StaleOptions {
  const duration = line.optional()
  const ms = duration?.durationMs({ min: Number.MIN_SAFE_INTEGER }) ?? DEFAULT_STALE_SECONDS * 1000
  if (ms < 0) duration!.fail('invalid negative duration for serve_stale')
  const mode = line.optional()
  const verify = mode !== undefined && isVerify(mode)
  const verifyTimeoutMs = verify ? readMs(line.optional(), 'verify timeout', 'timeout for serve_stale verify') : 0
  return Object.freeze({
    seconds: Math.floor(ms / 1000),
    verify,
    verifyTimeoutMs,
    responseTtlSeconds: readResponseTtlSeconds(line.optional()),
    recheckMs: readRecheckMs(line.optional()),
  })
}

function isVerify(mode: Argument): boolean {
  const word = mode.text.toLowerCase()
  if (word !== 'immediate' && word !== 'verify') {
    mode.fail(`invalid value for serve_stale refresh mode: ${word}`, 'one of immediate, verify')
  }
  return word === 'verify'
}

function readResponseTtlSeconds(argument: Argument | undefined): number {
  const ms = readMs(argument, 'response TTL', 'response TTL for serve_stale')
  if (ms % 1000 !== 0) argument!.fail('serve_stale response TTL must be a whole number of seconds')
  if (ms / 1000 > MAX_TTL_SECONDS) argument!.fail('serve_stale response TTL exceeds the DNS TTL range')
  return ms / 1000
}

function readRecheckMs(argument: Argument | undefined): number {
  const ms = readMs(argument, 'failure recheck', 'failure recheck for serve_stale')
  if (ms > MAX_RECHECK_MS) argument!.fail('serve_stale failure recheck cannot exceed 5 minutes', 'RFC 8767')
  return ms
}

/** A duration that may be left out; `what` and `whose` name it in messages. */
function readMs(argument: Argument | undefined, what: string, whose: string): number {
  if (argument === undefined) return 0
  const ms = parseDurationMs(argument.text)
  if (ms === undefined) {
    const hint = /^\d+$/.test(argument.text) ? `write '${argument.text}s' for seconds` : ''
    return argument.fail(`invalid serve_stale ${what}: '${argument.text}' is not a duration`, hint)
  }
  if (ms < 0) argument.fail(`invalid negative ${whose}`)
  return ms
}

/** Reads `serve_stale_policy prefer_positive`. */
export function readStalePolicy(line: Line): true {
  const policy = line.one()
  if (policy.text.toLowerCase() !== 'prefer_positive') {
    policy.fail(`invalid serve_stale_policy: ${policy.text}`, 'prefer_positive is the only one')
  }
  return true
}
