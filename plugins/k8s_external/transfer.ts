import type { ExternalServices, ExternalTarget } from '#plugin/external-services.ts'
import type { TransferableZones, ZoneContents } from '#plugin/zone-transfer.ts'
import { addressRecords, nameServer, zoneNs, zoneSoa } from '#plugins/k8s_external/apex.ts'
import type { ExternalOptions } from '#plugins/k8s_external/options.ts'
import { hostOf, ownName, srvRecords, targetAddresses, withoutDoubles } from '#plugins/k8s_external/records.ts'
import { cname } from '#wire/build.ts'
import { Type } from '#wire/constants.ts'
import type { FoldedName, Name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** The zones of the plugin as they can be handed on whole; reverse zones cannot. */
export function transferableZones(options: ExternalOptions, services: () => ExternalServices): TransferableZones {
  const serial = (): number | null => (services().isSynced ? services().serial : null)
  return {
    zones: options.zones.filter(zone => !zone.endsWith('\x04arpa\0')),
    serial,
    contents: zone => {
      const now = serial()
      return now === null ? null : contents(zone, options, services(), now)
    },
    onChange: listener => services().onChange(listener),
  }
}

function contents(
  zone: FoldedName,
  options: ExternalOptions,
  services: ExternalServices,
  serial: number,
): ZoneContents {
  const { ttlSeconds, apex, headless } = options
  const own = addressRecords(nameServer(zone, apex), ttlSeconds, services.ownAddresses())
  const all = services.all(headless)
  function* records(): Generator<ResourceRecord, undefined> {
    yield zoneNs(zone, options)
    yield* own
    for (const targets of all) yield* serviceRecords(targets, zone, ttlSeconds)
  }
  return { serial, soa: zoneSoa(zone, options, serial), records: records() }
}

/** The records of one service: its name, the names of its endpoints, and those of its ports. */
function serviceRecords(targets: readonly ExternalTarget[], zone: FoldedName, ttlSeconds: number): ResourceRecord[] {
  const records: ResourceRecord[] = []
  const service = ownName(lastLabels(targets[0]!.labels), zone)
  if (service === null) return []
  const host = hostOf(targets)
  if (host === null) addAddresses(records, targets, service, ttlSeconds)
  else records.push(cname(service, ttlSeconds, host))
  // No other record can stand beside a CNAME.
  if (host === null) records.push(...srvRecords(targets, service, zone, ttlSeconds).answer)
  for (const target of targets) {
    const own = ownName(target.labels, zone)
    if (own !== null && own !== service) addAddresses(records, [target], own, ttlSeconds)
  }
  for (const [labels, group] of byPort(targets)) {
    const owner = ownName(labels, service)
    if (owner !== null) records.push(...srvRecords(group, owner, zone, ttlSeconds).answer)
  }
  return withoutDoubles(records)
}

function addAddresses(records: ResourceRecord[], targets: readonly ExternalTarget[], owner: Name, ttl: number): void {
  for (const type of [Type.A, Type.AAAA]) records.push(...targetAddresses(targets, owner, type, ttl))
}

/** Targets with a named port by their wire labels `_port._protocol`. */
function byPort(targets: readonly ExternalTarget[]): Map<string, ExternalTarget[]> {
  const groups = new Map<string, ExternalTarget[]>()
  for (const target of targets.filter(({ portName }) => portName !== '' && portName.length < 63)) {
    const labels = [target.portName, target.protocol]
      .map(word => `${String.fromCharCode(word.length + 1)}_${word}`)
      .join('')
    const group = groups.get(labels)
    if (group === undefined) groups.set(labels, [target])
    else group.push(target)
  }
  return groups
}

/** The last two of wire labels: `service.namespace`. */
function lastLabels(labels: string): string {
  const starts: number[] = []
  for (let at = 0; at < labels.length; at += 1 + labels.charCodeAt(at)) starts.push(at)
  return labels.slice(starts.at(-2))
}
