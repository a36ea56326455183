import { isDeepStrictEqual } from 'node:util'
import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import type { Key } from '#corefile/key.ts'
import { formatKey } from '#corefile/key.ts'
import type { PlannedBlock } from '#server/plan.ts'
import { formatName } from '#wire/name.ts'

/** One address to listen on, and the zones that are served there. */
export interface ListenGroup {
  /** `<scheme>://<address>:<port>`, the address empty for the wildcard and bracketed for IPv6. */
  readonly label: string
  readonly scheme: string
  /** IP text, or empty for the wildcard. */
  readonly address: string
  readonly port: number
  readonly members: { readonly key: Key; readonly block: PlannedBlock }[]
}

/** Sorts the keys of all blocks by the address they are served on, and reports zones that are served twice. */
export function listenGroups(blocks: readonly PlannedBlock[], problems: Problems): ListenGroup[] {
  const groups = new Map<string, ListenGroup>()
  const claims = new Claims()
  for (const block of blocks) {
    for (const key of block.keys) {
      const unserved = whyUnserved(key, block)
      if (unserved !== null) {
        problems.add(unserved)
        continue
      }
      for (const address of block.settings.listenAddresses ?? ['']) {
        problems.attempt(() => claims.take(key, address))
        const label = `${key.scheme}://${bracketed(address)}:${key.port}`
        let group = groups.get(label)
        if (group === undefined) {
          group = { label, scheme: key.scheme, address, port: key.port, members: [] }
          groups.set(label, group)
        }
        if (!sharesTls(block, group)) problems.add(twoCertificates(key, group))
        group.members.push({ key, block })
      }
    }
  }
  return [...groups.values()]
}

/** Which zone is taken on which address, so that no two blocks claim the same. */
class Claims {
  readonly #exact = new Set<string>()
  readonly #wildcard = new Set<string>()
  readonly #bound = new Set<string>()

  take(key: Key, address: string): void {
    const zone = formatKey(key)
    const exact = `${zone} on ${address}`
    if (this.#exact.has(exact)) throw keyError(key, `cannot serve ${zone}${on(address)} - it is already defined`)
    const overlaps = address === '' ? this.#bound.has(zone) : this.#wildcard.has(zone)
    if (overlaps)
      throw keyError(key, `cannot serve ${zone}${on(address)} - zone overlap listener capacity with ${zone}`)
    this.#exact.add(exact)
    if (address === '') this.#wildcard.add(zone)
    else this.#bound.add(zone)
  }
}

function keyError(key: Key, message: string): CorefileError {
  return new CorefileError(key.token, message, '', 'plain')
}

/** Why a key is not served, if it is not. */
function whyUnserved(key: Key, block: PlannedBlock): CorefileError | null {
  const { scheme } = key
  if (scheme === 'dns') return null
  if (scheme !== 'tls') {
    const message = `cannot serve ${scheme}://${formatName(key.zone)}: this version serves DNS over UDP, TCP and TLS only`
    return new CorefileError(key.token, message, `leave out '${scheme}://', or write 'tls://'`)
  }
  if (block.settings.plugins.includes('tls')) return null
  const message = `cannot serve ${formatKey(key)}: the server block has no certificate`
  return new CorefileError(key.token, message, "add the plugin 'tls' to the block: tls CERT KEY")
}

/** Whether a block shows the same certificate as the others on an address. */
function sharesTls({ settings }: PlannedBlock, { scheme, members }: ListenGroup): boolean {
  const first = members[0]?.block.settings
  if (scheme !== 'tls' || first === undefined) return true
  return isDeepStrictEqual([first.root, first.tls], [settings.root, settings.tls])
}

function twoCertificates(key: Key, group: ListenGroup): CorefileError {
  const first = formatKey(group.members[0]!.key)
  const message = `cannot serve ${formatKey(key)}: its plugin 'tls' says something else than that of ${first}`
  return new CorefileError(key.token, message, 'one address has one certificate: write the same, or use another port')
}

function on(address: string): string {
  return address === '' ? '' : ` on ${address}`
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** How many sockets serve a group: the most that one of its blocks asks for. */
export function socketCountOf(group: ListenGroup): number {
  return Math.max(...group.members.map(({ block }) => block.settings.socketCount))
}

/** How many threads serve besides the one that controls; 0 when that one does everything. */
export function servingThreadCount(groups: readonly ListenGroup[]): number {
  const most = Math.max(0, ...groups.map(socketCountOf))
  return most > 1 ? most : 0
}
