import { isIP } from 'node:net'

/** Where an upstream listens. */
export interface UpstreamAddress {
  /** An IP address as written, with its zone (`fe80::1%eth0`) if it has one. */
  readonly host: string
  readonly family: 4 | 6
  readonly port: number
  /** `host:port` with brackets around IPv6: how metrics, logs and errors name the upstream. */
  readonly text: string
}

/** An address from an IP address, zone included, and a port; `null` when `host` is no IP address. */
export function upstreamAddress(host: string, port: number): UpstreamAddress | null {
  const family = isIP(host.replace(/%[^%]+$/, ''))
  if (family === 0 || (family === 4 && host.includes('%'))) return null
  return Object.freeze({ host, family: family === 4 ? 4 : 6, port, text: hostPort(host, port) })
}

/** `host:port`, with brackets around a host that has colons in it. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Splits `host`, `host:port`, `[v6]` and `[v6]:port`; a bare IPv6 address is all host. `null` when the port is not a number
 * from 1 to 65535 or the brackets do not match.
 */
export function splitHostPort(text: string, defaultPort: number): { host: string; port: number } | null {
  const match =
    /^\[([^[\]]+)\](?::(\d+))?$/.exec(text) ?? (/:.*:/.test(text) ? null : /^([^:]+)(?::(\d+))?$/.exec(text))
  if (match === null) return isIP(text.replace(/%[^%]+$/, '')) === 6 ? { host: text, port: defaultPort } : null
  const port = match[2] === undefined ? defaultPort : Number(match[2])
  return port >= 1 && port <= 65535 ? { host: match[1]!, port } : null
}
