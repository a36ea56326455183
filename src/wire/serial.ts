/**
 * Whether the serial `a` is newer than `b` in serial number arithmetic (RFC 1982 section 3.2). Serials that lie 2^31 apart
 * have no order: neither is newer.
 */
export function isNewerSerial(a: number, b: number): boolean {
  const ahead = (a - b) >>> 0
  return ahead !== 0 && ahead < 0x8000_0000
}
