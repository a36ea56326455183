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
      if (key.scheme !== 'dns') {
        problems.add(unservedScheme(key))
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

function unservedScheme(key: Key): CorefileError {
  return new CorefileError(
    key.token,
    `cannot serve ${key.scheme}://${formatName(key.zone)}: this version serves DNS over UDP and TCP only`,
    `leave out '${key.scheme}://'`,
  )
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
