/** Makes records, and reads those that plugins look into. The builders' texts come from the program or were checked before. */
import { Class, Type } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { nameFromOctets } from '#wire/name.ts'
import { ipv4Octets, ipv4Text, ipv6Octets, ipv6Text } from '#wire/rdata/address.ts'
import { OctetBuilder } from '#wire/rdata/octet-builder.ts'
import { ResourceRecord } from '#wire/record.ts'

/** The fields of an SOA record (RFC 1035 section 3.3.13); times in seconds. */
export interface SoaFields {
  readonly mname: Name
  readonly rname: Name
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** The fields of an SRV record (RFC 2782). */
export interface SrvFields {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: Name
}

/** An A record. Throws a TypeError when `ip` is no IPv4 address. */
export function a(owner: Name, ttlSeconds: number, ip: string, class_: number = Class.IN): ResourceRecord {
  const octets = ipv4Octets(ip)
  if (octets === null) throw new TypeError(`Cannot make A record: '${ip}' is not an IPv4 address`)
  return new ResourceRecord(owner, Type.A, class_, ttlSeconds, octets)
}

/** An AAAA record. Throws a TypeError when `ip` is no IPv6 address. */
export function aaaa(owner: Name, ttlSeconds: number, ip: string, class_: number = Class.IN): ResourceRecord {
  const octets = ipv6Octets(ip)
  if (octets === null) throw new TypeError(`Cannot make AAAA record: '${ip}' is not an IPv6 address`)
  return new ResourceRecord(owner, Type.AAAA, class_, ttlSeconds, octets)
}

/** An A or AAAA record, by the kind of address. Throws a TypeError when `ip` is none. */
export function address(owner: Name, ttlSeconds: number, ip: string, class_: number = Class.IN): ResourceRecord {
  return ip.includes(':') ? aaaa(owner, ttlSeconds, ip, class_) : a(owner, ttlSeconds, ip, class_)
}

/** A CNAME record. */
export function cname(owner: Name, ttlSeconds: number, target: Name, class_: number = Class.IN): ResourceRecord {
  return new ResourceRecord(owner, Type.CNAME, class_, ttlSeconds, nameOctets(target))
}

/** An NS record. */
export function ns(owner: Name, ttlSeconds: number, target: Name, class_: number = Class.IN): ResourceRecord {
  return new ResourceRecord(owner, Type.NS, class_, ttlSeconds, nameOctets(target))
}

/** A PTR record. */
export function ptr(owner: Name, ttlSeconds: number, target: Name, class_: number = Class.IN): ResourceRecord {
  return new ResourceRecord(owner, Type.PTR, class_, ttlSeconds, nameOctets(target))
}

/** A DNAME record (RFC 6672). */
export function dname(owner: Name, ttlSeconds: number, target: Name, class_: number = Class.IN): ResourceRecord {
  return new ResourceRecord(owner, Type.DNAME, class_, ttlSeconds, nameOctets(target))
}

/** An SOA record. */
export function soa(owner: Name, ttlSeconds: number, fields: SoaFields, class_: number = Class.IN): ResourceRecord {
  const rdata = new OctetBuilder().name(fields.mname).name(fields.rname)
  rdata.u32(fields.serial).u32(fields.refresh).u32(fields.retry).u32(fields.expire).u32(fields.minimum)
  return new ResourceRecord(owner, Type.SOA, class_, ttlSeconds, rdata.finish())
}

/** An SRV record. */
export function srv(owner: Name, ttlSeconds: number, fields: SrvFields, class_: number = Class.IN): ResourceRecord {
  const rdata = new OctetBuilder().u16(fields.priority).u16(fields.weight).u16(fields.port).name(fields.target)
  return new ResourceRecord(owner, Type.SRV, class_, ttlSeconds, rdata.finish())
}

/** An MX record. */
export function mx(
  owner: Name,
  ttlSeconds: number,
  preference: number,
  exchange: Name,
  class_: number = Class.IN,
): ResourceRecord {
  const rdata = new OctetBuilder().u16(preference).name(exchange)
  return new ResourceRecord(owner, Type.MX, class_, ttlSeconds, rdata.finish())
}

/** A TXT record; each text becomes UTF-8, in character-strings of at most 255 octets. */
export function txt(
  owner: Name,
  ttlSeconds: number,
  strings: readonly string[],
  class_: number = Class.IN,
): ResourceRecord {
  const rdata = new OctetBuilder()
  for (const string of strings.length === 0 ? [''] : strings) characterStrings(rdata, string)
  return new ResourceRecord(owner, Type.TXT, class_, ttlSeconds, rdata.finish())
}

/** A HINFO record (RFC 1035 section 3.3.2, RFC 8482); each text is cut to 255 octets. */
export function hinfo(
  owner: Name,
  ttlSeconds: number,
  cpu: string,
  os: string,
  class_: number = Class.IN,
): ResourceRecord {
  const rdata = new OctetBuilder()
  for (const string of [cpu, os]) {
    const octets = Buffer.from(string, 'utf8').subarray(0, 255)
    rdata.u8(octets.length).octets(octets)
  }
  return new ResourceRecord(owner, Type.HINFO, class_, ttlSeconds, rdata.finish())
}

/** The name that a CNAME, NS, PTR, DNAME, MX or SRV record leads to. For other types it means nothing. */
export function targetOf(record: ResourceRecord): Name {
  const start = record.type === Type.SRV ? 6 : record.type === Type.MX ? 2 : 0
  return nameFromOctets(record.rdata, start)
}

/** The fields of an SRV record. */
export function srvOf(record: ResourceRecord): SrvFields {
  const view = viewOf(record.rdata)
  return {
    priority: view.getUint16(0),
    weight: view.getUint16(2),
    port: view.getUint16(4),
    target: nameFromOctets(record.rdata, 6),
  }
}

/** The fields of an SOA record. */
export function soaOf(record: ResourceRecord): SoaFields {
  const { rdata } = record
  const rnameAt = afterName(rdata, 0)
  const numbersAt = afterName(rdata, rnameAt)
  const view = viewOf(rdata)
  return {
    mname: nameFromOctets(rdata, 0, rnameAt),
    rname: nameFromOctets(rdata, rnameAt, numbersAt),
    serial: view.getUint32(numbersAt),
    refresh: view.getUint32(numbersAt + 4),
    retry: view.getUint32(numbersAt + 8),
    expire: view.getUint32(numbersAt + 12),
    minimum: view.getUint32(numbersAt + 16),
  }
}

/** The address of an A or AAAA record in text. */
export function addressText(record: ResourceRecord): string {
  return record.type === Type.A ? ipv4Text(record.rdata) : ipv6Text(record.rdata)
}

function nameOctets(name: Name): Uint8Array {
  return new OctetBuilder().name(name).finish()
}

function characterStrings(rdata: OctetBuilder, string: string): void {
  const octets = Buffer.from(string, 'utf8')
  for (let at = 0; at === 0 || at < octets.length; at += 255) {
    const part = octets.subarray(at, at + 255)
    rdata.u8(part.length).octets(part)
  }
}

/** Where the uncompressed name at `at` ends; the data was checked when the record was made. */
function afterName(rdata: Uint8Array, at: number): number {
  while (rdata[at]! > 0) at += 1 + rdata[at]!
  return at + 1
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
}
