import type { Capability } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { FoldedName } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** All of a zone as it was at one moment. */
export interface ZoneContents {
  /** 32 bits. */
  readonly serial: number
  readonly soa: ResourceRecord
  /** Everything but the SOA record, each record once. Read once, bit by bit; changes to the zone meanwhile are not in it. */
  readonly records: Iterable<ResourceRecord>
}

/** A plugin whose zones can be handed on whole. */
export interface TransferableZones {
  readonly zones: readonly FoldedName[]
  /** The serial of one of `zones` (32 bits); `null` while not all of it is known. */
  serial(zone: FoldedName): number | null
  /** One of `zones` as it is now; `null` while not all of it is known. */
  contents(zone: FoldedName): ZoneContents | null
  /** Has `listener` called whenever some of the zones may have changed. */
  onChange(listener: () => void): void
}
/** Where a plugin offers its zones to the plugin transfer. */
export const zoneTransfer: Capability<TransferableZones> = defineCapability<TransferableZones>('zoneTransfer')
