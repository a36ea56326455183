import type { Capability } from '#plugin/capability.ts'
import { defineCapability } from '#plugin/capability.ts'
import type { FoldedName, Name } from '#wire/name.ts'

/** An IP address as a record holds it. */
export interface RecordAddress {
  /** `Type.A` or `Type.AAAA`. */
  readonly type: number
  /** 4 or 16 octets. */
  readonly rdata: Uint8Array
}

/** One address and port by which a service is reached from outside of its cluster. */
export interface ExternalTarget {
  /** Wire labels of the name that belongs to it, zone left out: `service.namespace`, or those of an endpoint. */
  readonly labels: string
  /** An address, or the name of a load balancer that has no fixed one. */
  readonly to: RecordAddress | Name
  /** -1 when there is none. */
  readonly port: number
  /** In lower case; empty when there is none. */
  readonly portName: string
  /** In lower case. */
  readonly protocol: string
}

/** The services of a cluster as they are reached from outside. `headless` says whether the endpoints of those count that have no address of their own. */
export interface ExternalServices {
  /** Whether all services are known. */
  readonly isSynced: boolean
  /** 32 bits; moves whenever something changes. */
  readonly serial: number
  /**
   * What `[endpoint. | port.protocol.] service . namespace`, as folded wire labels, stands for; `null` when there is no such
   * thing, and nothing for a namespace alone.
   */
  find(labels: string, headless: boolean): readonly ExternalTarget[] | null
  /** Wire labels `service.namespace` of those reached at the address of a reverse name. */
  reachedAt(reverseName: FoldedName): readonly string[]
  /** Addresses by which this server itself is reached from outside, or its own if it is no service of the cluster. */
  ownAddresses(): readonly RecordAddress[]
  /** All services that have any, by name, as they are now. */
  all(headless: boolean): Iterable<readonly ExternalTarget[]>
  /** Has `listener` called whenever something may have changed. */
  onChange(listener: () => void): void
}
/** Offered by the plugin kubernetes. */
export const externalServices: Capability<ExternalServices> = defineCapability<ExternalServices>('externalServices')
