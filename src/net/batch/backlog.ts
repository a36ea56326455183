import { cArgument } from '#net/batch/c-argument.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { Datagrams } from '#net/batch/datagrams.ts'
import { MSG_DONTWAIT, MSG_WAITFORONE } from '#net/batch/linux.ts'

/** Messages asked for in one call of the system. */
const BATCH = 64

/** Messages that may wait here; more wait in the socket. */
const SLOTS: number = 4 * BATCH

/**
 * Messages that were taken from a socket and wait for their answers, the newest on top.
 *
 * After a time in which the server did not run, it answers the newest first. Taken in the order of their arrival, they would all be
 * late, those too that came after it ran again, until it has caught up: which takes about as long as it had been away when it is
 * asked half of what it can answer. So only those are late that came while it was away (Maurer, "Fail at Scale", ACM Queue 13(8)).
 */
export class Backlog {
  readonly messages: Datagrams
  readonly #c: CLibrary
  readonly #fd: bigint
  #count = 0

  /** `withControl`: whether the kernel is to tell where messages were sent to. */
  constructor(c: CLibrary, fd: number, withControl: boolean) {
    this.#c = c
    this.#fd = BigInt(fd)
    this.messages = new Datagrams(c, SLOTS, withControl)
    this.messages.makeReady(0, SLOTS)
  }

  /** Messages that wait: slots 0 to `count` of `messages`, the newest last. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes what the socket has, `most` messages at most and as far as there is room, and returns how many those were. With `isToWait` it
   * waits for the first one, as long as the socket is set to.
   */
  receive(most: number, isToWait: boolean): number {
    const before = this.#count
    const end = Math.min(SLOTS, before + most)
    let flags = isToWait ? MSG_WAITFORONE : MSG_DONTWAIT
    while (this.#count < end) {
      const wanted = Math.min(BATCH, end - this.#count)
      const came = this.#c.recvmmsg(this.#fd, this.messages.headersFrom(this.#count), cArgument(wanted), flags, 0n)
      flags = MSG_DONTWAIT
      if (came > 0) this.#count += came
      if (came < wanted) break
    }
    return this.#count - before
  }

  /** Takes up to `most` messages of another socket, bound to the same address, in one call of the system; returns how many those were. */
  receiveFrom(fd: number, most: number): number {
    const wanted = Math.min(BATCH, most, SLOTS - this.#count)
    const came = this.#c.recvmmsg(
      cArgument(fd),
      this.messages.headersFrom(this.#count),
      cArgument(wanted),
      MSG_DONTWAIT,
      0n,
    )
    if (came <= 0) return 0
    this.#count += came
    return came
  }

  /** Lets the newest messages down to slot `first` go: they are answered. */
  dropFrom(first: number): void {
    this.messages.makeReady(first, this.#count)
    this.#count = first
  }
}
