/**
 * Records as a string with one char an octet. Each is its owner's length (one octet, 0 when it is the question's name) and name, type,
 * class and RDLENGTH (two octets each), and data; names are not compressed. As objects records take several times as much memory, and how
 * much depends on what they are.
 */
import { MAX_MESSAGE_OCTETS, Type } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { nameFromOctets } from '#wire/name.ts'
import { copyOctets } from '#wire/octets.ts'
import { ResourceRecord } from '#wire/record.ts'

/** Length, type, class and RDLENGTH. */
const FIXED_OCTETS = 7
/** Beyond this the records that are unpacked share memory, which takes half the time: else each has a buffer of its own. */
const SHARED_OCTETS = 512
const NO_RECORDS: readonly ResourceRecord[] = Object.freeze([])
const scratch: Buffer = Buffer.allocUnsafeSlow(MAX_MESSAGE_OCTETS)

/** Packs records of a reply to a question for `name`, without their times to live; `null` if they take more than 64 KiB. */
export function packRecords(records: readonly ResourceRecord[], name: Name): string | null {
  if (records.length === 0) return ''
  let at = 0
  for (const { owner, type, class: class_, rdata } of records) {
    const isOwned = owner === name
    const octets = FIXED_OCTETS + (isOwned ? 0 : owner.length) + rdata.length
    if (at + octets > scratch.length) return null
    scratch[at++] = isOwned ? 0 : owner.length
    if (!isOwned) at += scratch.write(owner, at, 'latin1')
    put16(at, type)
    put16(at + 2, class_)
    put16(at + 4, rdata.length)
    at += 6
    if (rdata.length > 32) scratch.set(rdata, at)
    else for (let i = 0; i < rdata.length; i++) scratch[at + i] = rdata[i]!
    at += rdata.length
  }
  return scratch.toString('latin1', 0, at)
}

/** The records that `packed` holds, with `name` where it says the question's and `ttlSeconds` as their time to live. */
export function unpackRecords(packed: string, name: Name, ttlSeconds: number): readonly ResourceRecord[] {
  if (packed === '') return NO_RECORDS
  const records: ResourceRecord[] = []
  const end = scratch.write(packed, 'latin1')
  const shared = end > SHARED_OCTETS ? scratch.buffer.slice(scratch.byteOffset, scratch.byteOffset + end) : null
  for (let at = 0; at < end; ) {
    const ownerOctets = scratch[at++]!
    const owner = ownerOctets === 0 ? name : (scratch.toString('latin1', at, at + ownerOctets) as Name)
    at += ownerOctets
    const rdataAt = at + 6
    const next = rdataAt + u16(at + 4)
    const rdata = shared === null ? copyOctets(scratch, rdataAt, next) : new Uint8Array(shared, rdataAt, next - rdataAt)
    records.push(new ResourceRecord(owner, u16(at), u16(at + 2), ttlSeconds, rdata))
    at = next
  }
  return records
}

/** The names that the CNAME records in `packed` lead to, at most `max` of them, in memory of their own. */
export function packedTargets(packed: string, max: number): Name[] {
  const targets: Name[] = []
  const u16 = (at: number): number => (packed.charCodeAt(at) << 8) | packed.charCodeAt(at + 1)
  for (let at = 0; at < packed.length && targets.length < max; ) {
    const typeAt = at + 1 + packed.charCodeAt(at)
    const rdataAt = typeAt + 6
    at = rdataAt + u16(typeAt + 4)
    if (u16(typeAt) === Type.CNAME) targets.push(nameFromOctets(Buffer.from(packed.slice(rdataAt, at), 'latin1')))
  }
  return targets
}

function put16(at: number, value: number): void {
  scratch[at] = value >>> 8
  scratch[at + 1] = value
}

function u16(at: number): number {
  return (scratch[at]! << 8) | scratch[at + 1]!
}
