import type { Reply } from '#plugin/reply.ts'
import { DROPPED } from '#plugin/reply.ts'
import type { Address } from '#plugins/kubernetes/index/address.ts'
import { Type } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { ROOT } from '#wire/name.ts'

/** One address and port that a name stands for. */
export interface Candidate {
  /** The wire labels of the name that belongs to the address alone, zone left out: what an SRV record points to. */
  readonly labels: string
  readonly address: Address
  /** `NO_PORT` when there is none. */
  readonly port: number
}

/** A reply made once, and the name it was made for. */
export interface MadeReply {
  readonly owner: Name
  readonly reply: Reply
}

const NOTHING_MADE: MadeReply = { owner: ROOT, reply: DROPPED }

/** Everything that a name stands for, and the last replies made of it, which are right until the cluster changes. */
export class Candidates {
  readonly kind = 'candidates'
  readonly list: readonly Candidate[]
  readonly hasIpv4: boolean
  readonly hasIpv6: boolean
  a: MadeReply = NOTHING_MADE
  aaaa: MadeReply = NOTHING_MADE
  srv: MadeReply = NOTHING_MADE

  constructor(list: readonly Candidate[]) {
    this.list = list
    this.hasIpv4 = list.some(candidate => candidate.address.type === Type.A)
    this.hasIpv6 = list.some(candidate => candidate.address.type === Type.AAAA)
  }
}
