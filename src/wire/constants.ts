/** Numbers and names of the DNS registries (IANA "Domain Name System (DNS) Parameters"). */

/** Octets in a message header (RFC 1035 section 4.1.1). */
export const HEADER_OCTETS = 12
/** Longest label, in octets (RFC 1035 section 2.3.4). */
export const MAX_LABEL_OCTETS = 63
/** Longest name in wire form, length octets and root label included (RFC 1035 section 2.3.4). */
export const MAX_NAME_OCTETS = 255
/** Largest UDP message without EDNS (RFC 1035 section 2.3.4). */
export const MIN_UDP_OCTETS = 512
/** Largest message that a two-octet length prefix can announce (RFC 1035 section 4.2.2). */
export const MAX_MESSAGE_OCTETS = 65535

/** Resource record and query types. */
export const Type = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  SIG: 24,
  KEY: 25,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  DLV: 32769,
} as const

/** Classes (RFC 1035 section 3.2.4, RFC 2136). */
export const Class = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

/** Operation codes, header bits 1 to 4. */
export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const

/** Response codes; those above 15 need an OPT record (RFC 6891 section 6.1.3). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const

/** Bits of the header's second 16-bit word (RFC 1035 section 4.1.1, RFC 4035). */
export const Flag = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  Z: 0x0040,
  AD: 0x0020,
  CD: 0x0010,
} as const

/** EDNS option codes. */
export const OptionCode = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EDE: 15,
} as const

const typeNames = invert(Type)
const classNames = invert(Class)
const rcodeNames = invert(Rcode)
const typeNumbers = new Map<string, number>(Object.entries(Type))
const classNumbers = new Map<string, number>(Object.entries(Class))
const rcodeNumbers = new Map<string, number>(Object.entries(Rcode))

/** The mnemonic of a type, else `TYPE123` (RFC 3597 section 5). */
export function typeName(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`
}

/** The number of a type mnemonic or `TYPE123`, in any letter case; `undefined` when it is neither. */
export function typeNumber(text: string): number | undefined {
  return numberOf(text, typeNumbers, 'TYPE')
}

/** The mnemonic of a class, else `CLASS123` (RFC 3597 section 5). */
export function className(class_: number): string {
  return classNames.get(class_) ?? `CLASS${class_}`
}

/** The number of a class mnemonic or `CLASS123`, in any letter case; `undefined` when it is neither. */
export function classNumber(text: string): number | undefined {
  return numberOf(text, classNumbers, 'CLASS')
}

/** The mnemonic of a response code, else `RCODE123`. */
export function rcodeName(rcode: number): string {
  return rcodeNames.get(rcode) ?? `RCODE${rcode}`
}

/** Whether a response code has a mnemonic. */
export function isRcodeNamed(rcode: number): boolean {
  return rcodeNames.has(rcode)
}

/** The number of a response code's mnemonic in any letter case; `undefined` when there is none. */
export function rcodeNumber(text: string): number | undefined {
  return rcodeNumbers.get(text.toUpperCase())
}

function invert(registry: Record<string, number>): Map<number, string> {
  return new Map(Object.entries(registry).map(([name, number]) => [number, name]))
}

function numberOf(text: string, known: Map<string, number>, prefix: string): number | undefined {
  const upper = text.toUpperCase()
  const number = known.get(upper)
  if (number !== undefined) return number
  if (!upper.startsWith(prefix) || !/^\d{1,5}$/.test(upper.slice(prefix.length))) return undefined
  const value = Number(upper.slice(prefix.length))
  return value <= 0xffff ? value : undefined
}
