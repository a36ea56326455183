import type { Name } from '#wire/name.ts'

/** A resource record (RFC 1035 section 3.2.1). Never changed once made: records are shared by caches and replies. */
export class ResourceRecord {
  readonly owner: Name
  /** 16 bits. */
  readonly type: number
  /** 16 bits. */
  readonly class: number
  /** 32 bits unsigned, in seconds. */
  readonly ttlSeconds: number
  /** The data in uncompressed wire form, names written out in full. */
  readonly rdata: Uint8Array

  constructor(owner: Name, type: number, class_: number, ttlSeconds: number, rdata: Uint8Array) {
    this.owner = owner
    this.type = type
    this.class = class_
    this.ttlSeconds = ttlSeconds
    this.rdata = rdata
  }

  /** The same record under another owner name. */
  withOwner(owner: Name): ResourceRecord {
    return owner === this.owner ? this : new ResourceRecord(owner, this.type, this.class, this.ttlSeconds, this.rdata)
  }

  /** The same record with another time to live. */
  withTtl(ttlSeconds: number): ResourceRecord {
    return ttlSeconds === this.ttlSeconds
      ? this
      : new ResourceRecord(this.owner, this.type, this.class, ttlSeconds, this.rdata)
  }
}
