import { hintForZone, parseZoneAddress, schemePorts } from '#corefile/address.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Token } from '#corefile/token.ts'
import type { FoldedName } from '#wire/name.ts'
import { formatName } from '#wire/name.ts'

/** One zone that a server block serves, at one port, over one transport. */
export interface Key {
  /** `dns`, `tls`, `quic`, `grpc`, `https` or `https3`. */
  readonly scheme: string
  readonly zone: FoldedName
  readonly port: number
  /** Where it is written; the reverse zones of a CIDR share one token. */
  readonly token: Token
}

/** A key as CoreDNS writes it in messages and labels: `dns://example.org.:53`. */
export function formatKey(key: Key): string {
  return `${key.scheme}://${formatName(key.zone)}:${key.port}`
}

/** Reads the key of a server block, which is several keys for a CIDR. Throws a CorefileError if it is none. */
export function readKeys(token: Token, defaultPort: number): Key[] {
  const address = parseZoneAddress(token.text)
  if (typeof address === 'string') throw new CorefileError(token, address, hintForZone(token.text), 'key')
  const scheme = address.scheme || 'dns'
  const port = address.port ?? (scheme === 'dns' ? defaultPort : schemePorts.get(scheme)!)
  return address.zones.map(zone => ({ scheme, zone, port, token }))
}
