import { randomBytes } from 'node:crypto'
import { Class, Flag, MAX_NAME_OCTETS, Type } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, nameToOctets, prependLabels } from '#wire/name.ts'

/** Octets of the two labels of a probe, at most. */
const PROBE_OCTETS = 2 * (1 + String(2n ** 62n).length)

/** Whether a probe below `zone` can be made. */
export function hasRoomForProbe(zone: FoldedName): boolean {
  return zone.length + PROBE_OCTETS <= MAX_NAME_OCTETS
}

/**
 * A name below `zone` that nobody can guess: two labels of 62 random bits each, in decimal. Who could guess it could end
 * the process with it (CVE-2026-26018). Throws a TypeError when the zone leaves no room.
 */
export function makeProbe(zone: FoldedName): FoldedName {
  const probe = prependLabels([randomNumber(), randomNumber()], zone)
  if (probe === null) throw new TypeError('Cannot make a probe: the zone is too long')
  return foldName(probe)
}

/** The query `name HINFO IN` with RD set (RFC 1035 section 4.1). */
export function probeMessage(name: FoldedName, id: number): Uint8Array {
  const header = Buffer.from([id >> 8, id & 0xff, Flag.RD >> 8, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, nameToOctets(name), Buffer.from([0, Type.HINFO, 0, Class.IN])])
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function randomNumber(): string {
  return String(randomBytes(8).readBigUInt64BE() >> 2n)
}
