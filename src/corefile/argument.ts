import { isIP } from 'node:net'
import { hintForZone, zonesOf } from '#corefile/address.ts'
import { CorefileError } from '#corefile/error.ts'
import { closest } from '#corefile/suggest.ts'
import type { Token } from '#corefile/token.ts'
import { formatDuration, parseDurationMs } from '#lib/duration.ts'
import type { FoldedName } from '#wire/name.ts'

/** Bounds of a number or duration, both included. */
export interface Range {
  readonly min?: number
  readonly max?: number
}

/** An argument, read as the kind of value that an option takes. Every reader ends in a positioned error if it is not one. */
export class Argument {
  readonly token: Token

  constructor(token: Token) {
    this.token = token
  }

  get text(): string {
    return this.token.text
  }

  /** A whole number, within a range that starts at 0 unless told otherwise. */
  int({ min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): number {
    if (!/^[+-]?\d+$/.test(this.text)) this.fail(`'${this.text}' is not a whole number`)
    return this.#within(Number(this.text), this.text, min, max, String)
  }

  /** A decimal number. */
  float({ min = 0, max = Number.MAX_VALUE }: Range = {}): number {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(this.text)) this.fail(`'${this.text}' is not a number`)
    return this.#within(Number(this.text), this.text, min, max, String)
  }

  /** A duration in Go's form (`300ms`, `1h30m`), in milliseconds; the range is in milliseconds too. */
  durationMs({ min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): number {
    const ms = parseDurationMs(this.text)
    if (ms === undefined) {
      const hint = /^\d+$/.test(this.text) ? `write '${this.text}s' for seconds` : ''
      this.fail(`'${this.text}' is not a duration`, hint)
    }
    return this.#within(ms, this.text, min, max, formatDuration)
  }

  /** One of some words; `what` names the kind for the message `unknown <what> 'x'`. */
  oneOf<const W extends readonly string[]>(what: string, words: W): W[number] {
    const word = words.find(candidate => candidate === this.text)
    if (word !== undefined) return word
    const near = closest(this.text, words)
    return this.fail(
      `unknown ${what} '${this.text}'`,
      near === undefined ? `one of ${words.join(', ')}` : `did you mean '${near}'?`,
    )
  }

  /** A zone, or the reverse zones of a CIDR, folded. As in CoreDNS, a scheme and a port may be written and mean nothing. */
  zones(): readonly FoldedName[] {
    const zones = zonesOf(this.text)
    return typeof zones === 'string' ? this.fail(zones, hintForZone(this.text)) : zones
  }

  /** An IP address as text, without a zone. */
  ip(): string {
    const zone = this.text.indexOf('%')
    if (isIP(this.text) !== 0 && zone < 0) return this.text
    return this.fail(`'${this.text}' is not an IP address`, zone > 0 ? `leave out '${this.text.slice(zone)}'` : '')
  }

  /** Ends the reading with an error at this argument. */
  fail(message: string, hint = ''): never {
    throw new CorefileError(this.token, message, hint)
  }

  #within(value: number, text: string, min: number, max: number, show: (value: number) => string): number {
    if (value < min) this.fail(`'${text}' is too small`, `at least ${show(min)}`)
    if (value > max) this.fail(`'${text}' is too large`, `at most ${show(max)}`)
    return value
  }
}
