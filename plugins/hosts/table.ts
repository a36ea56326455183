import { matchZone } from '#plugin/zones.ts'
import { reverseName } from '#plugins/hosts/reverse.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import { nameToOctets, ROOT } from '#wire/name.ts'

/** The addresses of a name, as record data. */
export interface HostAddresses {
  readonly ipv4: readonly Uint8Array[]
  readonly ipv6: readonly Uint8Array[]
}

/** Most names that one PTR reply carries: block lists give a million names to one address. */
const MAX_NAMES_PER_ADDRESS = 128

const WILDCARD = '\x01*'

/** What hosts lines say: addresses by name, and names by reverse name. Filled once, then only read. */
export class HostsTable {
  readonly #zones: readonly FoldedName[]
  readonly #coversAll: boolean
  readonly #reverse: boolean
  readonly #byName = new Map<FoldedName, HostAddresses>()
  /** Record data of the names by the name under which PTR queries ask for an address. */
  readonly #byReverseName = new Map<FoldedName, Uint8Array[]>()
  /** What a name with just this address has, by reverse name: shared by all such names, so that block lists stay small. */
  readonly #alone = new Map<FoldedName, HostAddresses>()
  #hasWildcards = false
  #entries = 0

  /** Names outside `zones` are left out; without `reverse` no PTR data is kept. */
  constructor(zones: readonly FoldedName[], reverse: boolean) {
    this.#zones = zones
    this.#coversAll = zones.includes(ROOT)
    this.#reverse = reverse
  }

  /** How many addresses names have, and names addresses have, all told. */
  get entries(): number {
    return this.#entries
  }

  /** Adds one name of an address (4 or 16 octets). */
  add(address: Uint8Array, name: FoldedName): void {
    if (!this.#coversAll && matchZone(this.#zones, name) === null) return
    const reverse = reverseName(address)
    const known = this.#byName.get(name)
    if (known === undefined) {
      this.#byName.set(name, this.#aloneAt(reverse, address))
    } else {
      const joined = withAddress(known, address)
      if (joined === known) return
      this.#byName.set(name, joined)
    }
    this.#entries++
    if (name.startsWith(WILDCARD)) this.#hasWildcards = true
    else if (this.#reverse) this.#addReverse(reverse, name)
  }

  /** The addresses of a name: its own, else those of the wildcard in place of its first label. */
  addressesOf(name: FoldedName): HostAddresses | undefined {
    const own = this.#byName.get(name)
    if (own !== undefined || !this.#hasWildcards || name.length === 1) return own
    return this.#byName.get((WILDCARD + name.slice(1 + name.charCodeAt(0))) as FoldedName)
  }

  /** Record data of the names of the address that a reverse name stands for. */
  namesOf(reverse: FoldedName): readonly Uint8Array[] | undefined {
    return this.#byReverseName.get(reverse)
  }

  #aloneAt(reverse: FoldedName, address: Uint8Array): HostAddresses {
    let alone = this.#alone.get(reverse)
    if (alone === undefined) {
      alone = address.length === 4 ? { ipv4: [address], ipv6: [] } : { ipv4: [], ipv6: [address] }
      this.#alone.set(reverse, alone)
    }
    return alone
  }

  #addReverse(reverse: FoldedName, name: Name): void {
    this.#entries++
    const names = this.#byReverseName.get(reverse)
    if (names === undefined) this.#byReverseName.set(reverse, [nameToOctets(name)])
    else if (names.length < MAX_NAMES_PER_ADDRESS) names.push(nameToOctets(name))
  }
}

/** `known` with one more address; `known` itself if the address is there already (RFC 2181 section 5). */
function withAddress(known: HostAddresses, address: Uint8Array): HostAddresses {
  const { ipv4, ipv6 } = known
  const same = address.length === 4 ? ipv4 : ipv6
  if (same.some(other => Buffer.compare(other, address) === 0)) return known
  return address.length === 4 ? { ipv4: [...ipv4, address], ipv6 } : { ipv4, ipv6: [...ipv6, address] }
}
