/** One EDNS option (RFC 6891 section 6.1.2). */
export interface EdnsOption {
  /** 16 bits. */
  readonly code: number
  readonly data: Uint8Array
}

/** What an OPT record says (RFC 6891 section 6.1.3), the response code's upper bits left to the message. */
export interface Edns {
  /** 8 bits; 0 is the only version there is. */
  readonly version: number
  /** The UDP payload size that the sender can take, in octets. */
  readonly udpSizeOctets: number
  /** DO: the sender wants DNSSEC records (RFC 3225). */
  readonly dnssecOk: boolean
  readonly options: readonly EdnsOption[]
}

/** Most options that are looked at in one OPT record; a message with more is malformed to us. */
export const MAX_EDNS_OPTIONS = 32
