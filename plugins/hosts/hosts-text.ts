import { addressOctets } from '#lib/cidr.ts'
import type { HostsTable } from '#plugins/hosts/table.ts'
import { foldName, parseName } from '#wire/name.ts'

/** Told of a line, or a name in it, that was skipped: the 1-based line and what is wrong. */
export type SkippedLine = (line: number, problem: string) => void

/** How much of a big file is read before other work gets its turn, in lines. */
const LINES_A_TURN = 5_000

/** Adds all lines of a hosts file to a table; lines that make no sense are skipped. */
export async function addHostsText(table: HostsTable, text: string, skipped: SkippedLine): Promise<void> {
  let line = 0
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at)
    if (end < 0) end = text.length
    addHostsLine(table, text.slice(at, end), problem => skipped(line + 1, problem))
    at = end + 1
    line++
    if (line % LINES_A_TURN === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

/** Adds one line, `IP NAME... # comment`. */
export function addHostsLine(table: HostsTable, line: string, skipped: (problem: string) => void): void {
  const comment = line.indexOf('#')
  const words = (comment < 0 ? line : line.slice(0, comment)).match(/\S+/g)
  if (words === null || words.length < 2) return
  const address = hostAddress(words[0]!)
  if (address === null) {
    skipped(`'${words[0]}' is not an IP address`)
    return
  }
  for (let i = 1; i < words.length; i++) {
    const name = parseName(words[i]!)
    if (name === null) skipped(`'${words[i]}' is not a domain name`)
    else table.add(address, foldName(name))
  }
}

/** The octets of an address; a zone (`fe80::1%eth0`) is left out and an IPv4-mapped address is an IPv4 address. */
function hostAddress(text: string): Uint8Array | null {
  const zoneAt = text.indexOf('%')
  const octets = addressOctets(zoneAt < 0 ? text : text.slice(0, zoneAt))
  return octets !== null && isIpv4Mapped(octets) ? octets.slice(12) : octets
}

function isIpv4Mapped(octets: Uint8Array): boolean {
  if (octets.length !== 16 || octets[10] !== 0xff || octets[11] !== 0xff) return false
  return octets.subarray(0, 10).every(octet => octet === 0)
}
