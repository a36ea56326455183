import type { CLibrary } from '#net/batch/c-library.ts'
import { MEMINFO_DROPS, MEMINFO_OCTETS, SO_MEMINFO, SOL_SOCKET } from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import type { OnDrop } from '#net/drop.ts'

const INTERVAL_MS = 1000
const LENGTH = 64

/**
 * Tells of queries that the kernel dropped because the receive buffer was full. It is asked once a second: SO_RXQ_OVFL
 * would tell with every message, at a cost to every message, and would stay silent about a flood that nothing follows.
 */
export class KernelDrops {
  readonly #c: CLibrary
  readonly #fd: number
  readonly #onDrop: OnDrop
  readonly #memory: NativeMemory
  readonly #timer: NodeJS.Timeout
  #known = 0

  constructor(c: CLibrary, fd: number, onDrop: OnDrop) {
    this.#c = c
    this.#fd = fd
    this.#onDrop = onDrop
    this.#memory = new NativeMemory(c, 128)
    this.#timer = setInterval(() => this.#ask(), INTERVAL_MS).unref()
  }

  /** Asks a last time. */
  close(): void {
    clearInterval(this.#timer)
    this.#ask()
  }

  #ask(): void {
    const { view, address } = this.#memory
    view.setUint32(LENGTH, MEMINFO_OCTETS, true)
    if (this.#c.getsockopt(this.#fd, SOL_SOCKET, SO_MEMINFO, address, address + BigInt(LENGTH)) !== 0) return
    const drops = view.getUint32(MEMINFO_DROPS, true)
    const more = (drops - this.#known) >>> 0
    this.#known = drops
    if (more > 0) this.#onDrop('receive buffer full', more)
  }
}
