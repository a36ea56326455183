import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchService } from '#test/bench/peers/cluster.ts'
import {
  CLUSTER_ZONE,
  EXTERNAL_ADDRESSES,
  EXTERNAL_ZONE,
  externalNames,
  PORT,
  portName,
  REVERSE_ZONE,
  reverseName,
  serviceName,
  TTL_SECONDS,
} from '#test/bench/peers/cluster.ts'

/** A zone and the file that its records are in. */
export interface ZoneFile {
  readonly zone: string
  readonly file: string
}

/** Records of the cluster and its reverse zone, names with a dot at the end. */
export function clusterRecords(services: readonly BenchService[]): readonly string[] {
  return services.flatMap(service => {
    const name = serviceName(service)
    return [`${name}. ${TTL_SECONDS} IN A ${service.address}`, portRecord(service)]
  })
}

/** PTR records of the cluster. */
export function reverseRecords(services: readonly BenchService[]): readonly string[] {
  return services.map(service => `${reverseName(service)}. ${TTL_SECONDS} IN PTR ${serviceName(service)}.`)
}

/** Writes the zones of the cluster as master files. */
export function writeClusterZones(directory: string, services: readonly BenchService[]): readonly ZoneFile[] {
  return [
    writeZone(directory, CLUSTER_ZONE, clusterRecords(services)),
    writeZone(directory, REVERSE_ZONE, reverseRecords(services)),
  ]
}

/** Writes the names outside of the cluster as a zone, for a server that does not forward. */
export function writeExternalZone(directory: string): ZoneFile {
  const records = externalNames().flatMap(name =>
    Object.entries(EXTERNAL_ADDRESSES).map(([type, address]) => `${name}. 3600 IN ${type} ${address}`),
  )
  return writeZone(directory, EXTERNAL_ZONE, records)
}

function portRecord(service: BenchService): string {
  return `${portName(service)}. ${TTL_SECONDS} IN SRV 0 100 ${PORT} ${serviceName(service)}.`
}

function writeZone(directory: string, zone: string, records: readonly string[]): ZoneFile {
  const file = join(directory, `${zone}.zone`)
  const isReverse = zone === REVERSE_ZONE
  const server = `ns.dns.${isReverse ? CLUSTER_ZONE : zone}.`
  const apex = [
    `${zone}. ${TTL_SECONDS} IN SOA ${server} hostmaster.${zone}. 1 7200 1800 86400 ${TTL_SECONDS}`,
    `${zone}. ${TTL_SECONDS} IN NS ${server}`,
    ...(isReverse ? [] : [`${server} ${TTL_SECONDS} IN A 10.100.255.1`]),
  ]
  writeFileSync(file, `${[...apex, ...records].join('\n')}\n`)
  return { zone, file }
}
