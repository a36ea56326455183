import type { Argument } from '#corefile/argument.ts'
import type { HttpAnswer } from '#lib/http.ts'

/** What an endpoint answers when all is well. */
export const HTTP_OK: HttpAnswer = Object.freeze({ status: 200, body: 'OK' })

/**
 * Reads the address that an HTTP endpoint listens on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` for
 * all addresses. A port is always needed; an IPv6 address needs its brackets.
 */
export function readHttpAddress(argument: Argument): string {
  const { text } = argument
  const hint = "write it as ':8080' or '127.0.0.1:8080'"
  const colon = text.lastIndexOf(':')
  if (colon === -1 || text.endsWith(']')) argument.fail(`address ${text}: missing port in address`, hint)
  const host = text.slice(0, colon)
  const bracketed = /^\[[^[\]]*\]$/.test(host)
  if (!bracketed && host.includes(':')) argument.fail(`address ${text}: too many colons in address`, hint)
  const port = text.slice(colon + 1)
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) argument.fail(`address ${text}: invalid port`, hint)
  return text
}
