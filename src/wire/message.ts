import type { Edns } from '#wire/edns.ts'
import type { Name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'

/** A question (RFC 1035 section 4.1.2). */
export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}

/** A whole DNS message as plain data: for upstream exchanges, transfers and tests. The serving path has `Query` and `Reply`. */
export interface Message {
  /** 16 bits. */
  readonly id: number
  /** The header's second word with QR, AA, TC, RD, RA, Z, AD and CD; opcode and rcode bits are zero here. */
  readonly flags: number
  /** 4 bits. */
  readonly opcode: number
  /** 12 bits, the upper eight from the OPT record. */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly ResourceRecord[]
  readonly edns: Edns | null
}
