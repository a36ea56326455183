import type { Backlog } from '#net/batch/backlog.ts'
import type { SharedSockets } from '#net/batch/shared-sockets.ts'
import { SOCKET_ADDRESS_OCTETS, writeSocketAddress } from '#net/batch/socket-address.ts'

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

  /** Has the socket `fd`, bound to `address` and `port`, be among them for others. */
  constructor(sockets: SharedSockets, fd: number, address: string, port: number) {
    this.#sockets = sockets
    const octets = new Uint8Array(SOCKET_ADDRESS_OCTETS)
    writeSocketAddress(octets, 0, address, port)
    this.#address = new Int32Array(octets.buffer)
    sockets.enter(fd, this.#address)
  }

  /** Takes up to `most` messages from one of them, each in turn, into an empty backlog; returns how many those were. */
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
    const fd = sockets.hold(row, this.#changes)
    if (fd < 0) return 0
    const came = backlog.receiveFrom(fd, most)
    sockets.release(row)
    return came
  }
}
