/** A host and a port that were written as one text. */
export interface HostPort {
  /** Without brackets; empty for all addresses. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number
}

/**
 * Splits `host:port` as Go's net.SplitHostPort does: `:53`, `127.0.0.1:53`, `[::1]:53`. An IPv6 address needs its
 * brackets. Undefined when the text is not of this form or the port is not a number up to 65535.
 */
export function splitHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^[\]:]*)):([0-9]{1,5})$/.exec(text)
  if (match === null) return undefined
  const port = Number(match[3])
  return port > 65535 ? undefined : { host: match[1] ?? match[2] ?? '', port }
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether an address to listen on stands for all addresses: Go takes `''`, `0.0.0.0` and `::` alike. */
export function isWildcard(address: string): boolean {
  return address === '' || address === '0.0.0.0' || address === '::'
}

const MAPPED = '::ffff:'

/** Whether an address is an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`), as a socket for both families has them. */
export function isMapped(address: string): boolean {
  return address.startsWith(MAPPED) && address.includes('.')
}

/** The IPv4 address in an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`); other addresses unchanged, zones cut off. */
export function plainAddress(address: string): string {
  if (isMapped(address)) return address.slice(MAPPED.length)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}
