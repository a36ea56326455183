import { Type } from '#wire/constants.ts'
import { IPV4, IPV6 } from '#wire/rdata/address-fields.ts'
import {
  BASE32_COUNTED,
  BASE64_REST,
  BASE64_SIZED,
  HEX_COUNTED,
  HEX_QUADS,
  HEX_REST,
  hexPairs,
} from '#wire/rdata/binary-fields.ts'
import { EDNS_OPTIONS } from '#wire/rdata/edns-options.ts'
import type { Field } from '#wire/rdata/field.ts'
import { LOCATION } from '#wire/rdata/loc.ts'
import { COMPRESSED_NAME, PLAIN_NAME } from '#wire/rdata/name-fields.ts'
import { mnemonic, PERIOD, TIME, U8, U16, U32, U48 } from '#wire/rdata/number-fields.ts'
import { CERTIFICATE_TYPES, DNSSEC_ALGORITHMS, TSIG_ERRORS } from '#wire/rdata/registries.ts'
import { SERVICE_PARAMS } from '#wire/rdata/service-params.ts'
import { CHARACTER_STRING, CHARACTER_STRINGS, TAG, TEXT_REST } from '#wire/rdata/text-fields.ts'
import { TYPE, TYPE_BITMAP } from '#wire/rdata/type-fields.ts'

/** The fields of a type's data, in wire order. */
export type Layout = readonly Field[]

const ALGORITHM = mnemonic(1, DNSSEC_ALGORITHMS, false)
const ALGORITHM_NAME = mnemonic(1, DNSSEC_ALGORITHMS, true)
const CERTIFICATE_TYPE = mnemonic(2, CERTIFICATE_TYPES, true)
const TSIG_ERROR = mnemonic(2, TSIG_ERRORS, true)

const ONE_COMPRESSED_NAME: Layout = [COMPRESSED_NAME]
const PREFERENCE_AND_NAME: Layout = [U16, PLAIN_NAME]
const TEXTS: Layout = [CHARACTER_STRINGS]
const DELEGATION_SIGNER: Layout = [U16, ALGORITHM, U8, HEX_REST]
const KEY: Layout = [U16, U8, ALGORITHM, BASE64_REST]
const SIGNATURE: Layout = [TYPE, ALGORITHM, U8, U32, TIME, TIME, U16, PLAIN_NAME, BASE64_REST]
const CERTIFICATE_ASSOCIATION: Layout = [U8, U8, U8, HEX_REST]
const SERVICE: Layout = [U16, PLAIN_NAME, SERVICE_PARAMS]

/** What the data of each known type is made of. Data of other types is opaque (RFC 3597). */
const LAYOUTS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [Type.A, [IPV4]],
  [Type.NS, ONE_COMPRESSED_NAME],
  [Type.MD, ONE_COMPRESSED_NAME],
  [Type.MF, ONE_COMPRESSED_NAME],
  [Type.CNAME, ONE_COMPRESSED_NAME],
  [Type.SOA, [COMPRESSED_NAME, COMPRESSED_NAME, U32, PERIOD, PERIOD, PERIOD, PERIOD]],
  [Type.MB, ONE_COMPRESSED_NAME],
  [Type.MG, ONE_COMPRESSED_NAME],
  [Type.MR, ONE_COMPRESSED_NAME],
  [Type.PTR, ONE_COMPRESSED_NAME],
  [Type.HINFO, [CHARACTER_STRING, CHARACTER_STRING]],
  [Type.MINFO, [COMPRESSED_NAME, COMPRESSED_NAME]],
  [Type.MX, [U16, COMPRESSED_NAME]],
  [Type.TXT, TEXTS],
  [Type.RP, [PLAIN_NAME, PLAIN_NAME]],
  [Type.AFSDB, PREFERENCE_AND_NAME],
  [Type.RT, PREFERENCE_AND_NAME],
  [Type.SIG, SIGNATURE],
  [Type.KEY, KEY],
  [Type.AAAA, [IPV6]],
  [Type.LOC, [LOCATION]],
  [Type.SRV, [U16, U16, U16, PLAIN_NAME]],
  [Type.NAPTR, [U16, U16, CHARACTER_STRING, CHARACTER_STRING, CHARACTER_STRING, PLAIN_NAME]],
  [Type.KX, PREFERENCE_AND_NAME],
  [Type.CERT, [CERTIFICATE_TYPE, U16, ALGORITHM_NAME, BASE64_REST]],
  [Type.DNAME, [PLAIN_NAME]],
  [Type.OPT, [EDNS_OPTIONS]],
  [Type.DS, DELEGATION_SIGNER],
  [Type.SSHFP, [U8, U8, HEX_REST]],
  [Type.RRSIG, SIGNATURE],
  [Type.NSEC, [PLAIN_NAME, TYPE_BITMAP]],
  [Type.DNSKEY, KEY],
  [Type.DHCID, [BASE64_REST]],
  [Type.NSEC3, [U8, U8, U16, HEX_COUNTED, BASE32_COUNTED, TYPE_BITMAP]],
  [Type.NSEC3PARAM, [U8, U8, U16, HEX_COUNTED]],
  [Type.TLSA, CERTIFICATE_ASSOCIATION],
  [Type.SMIMEA, CERTIFICATE_ASSOCIATION],
  [Type.CDS, DELEGATION_SIGNER],
  [Type.CDNSKEY, KEY],
  [Type.OPENPGPKEY, [BASE64_REST]],
  [Type.CSYNC, [U32, U16, TYPE_BITMAP]],
  [Type.ZONEMD, [U32, U8, U8, HEX_REST]],
  [Type.SVCB, SERVICE],
  [Type.HTTPS, SERVICE],
  [Type.SPF, TEXTS],
  [Type.NID, [U16, HEX_QUADS]],
  [Type.L32, [U16, IPV4]],
  [Type.L64, [U16, HEX_QUADS]],
  [Type.LP, PREFERENCE_AND_NAME],
  [Type.EUI48, [hexPairs(6)]],
  [Type.EUI64, [hexPairs(8)]],
  [Type.TKEY, [PLAIN_NAME, TIME, TIME, U16, TSIG_ERROR, BASE64_SIZED, BASE64_SIZED]],
  [Type.TSIG, [PLAIN_NAME, U48, U16, BASE64_SIZED, U16, TSIG_ERROR, BASE64_SIZED]],
  [Type.URI, [U16, U16, TEXT_REST]],
  [Type.CAA, [U8, TAG, TEXT_REST]],
  [Type.DLV, DELEGATION_SIGNER],
])

/** The layout of a type's data, `undefined` when the type is not known. */
export function layoutOf(type: number): Layout | undefined {
  return LAYOUTS.get(type)
}

/** The types whose data has a layout. */
export function knownTypes(): number[] {
  return [...LAYOUTS.keys()]
}
