import type { Backlog } from '#net/batch/backlog.ts'
import type { SharedSockets } from '#net/batch/shared-sockets.ts'
import { SOCKET_ADDRESS_OCTETS, writeSocketAddress } from '#net/batch/socket-address.ts'

/** A thread that runs reads its socket so often under load; to look there sooner is mostly in vain, and a call of the system each time. */
const LATE_MS = 0.1

/**
 * The sockets of other threads that are bound to the same address. The system gives each message to one socket, whether or not its
 * thread is running: what waits there while the thread does not get a processor, or does something else, another thread takes over.
 */
export class Siblings {
  readonly #sockets: SharedSockets
  readonly #address: Int32Array
  /** Rows of the table, and how often that had changed when they were looked for. */
  #rows: readonly number[] = []
  #changes = -1
  #next = 0
  readonly #ownRow: number
  /** When this thread last read its own socket. */
  #now = 0

  /** Has the socket `fd`, bound to `address` and `port`, be among them for others. */
  constructor(sockets: SharedSockets, fd: number, address: string, port: number) {
    this.#sockets = sockets
    const octets = new Uint8Array(SOCKET_ADDRESS_OCTETS)
    writeSocketAddress(octets, 0, address, port)
    this.#address = new Int32Array(octets.buffer)
    this.#ownRow = sockets.enter(fd, this.#address)
  }

  /** Says that this thread reads its own socket now: others leave that alone for a while. */
  noteRead(): void {
    this.#now = this.#sockets.noteRead(this.#ownRow)
  }

  /**
   * Takes up to `most` messages from one of them, each in turn, into an empty backlog, unless its own thread had just read it when this one
   * said so of its own; returns how many those were.
   */
  receive(backlog: Backlog, most: number): number {
    const sockets = this.#sockets
    if (sockets.changes !== this.#changes) {
      this.#changes = sockets.changes // Read first: what changes while the rows are looked for is seen the next time.
      this.#rows = sockets.othersAt(this.#address)
      this.#next = 0
    }
    if (this.#rows.length === 0) return 0
    const row = this.#rows[this.#next]!
    if (++this.#next === this.#rows.length) this.#next = 0
    if (!sockets.isUnreadFor(row, LATE_MS, this.#now)) return 0
    const fd = sockets.hold(row, this.#changes)
    if (fd < 0) return 0
    const came = backlog.receiveFrom(fd, most)
    sockets.release(row)
    return came
  }
}
