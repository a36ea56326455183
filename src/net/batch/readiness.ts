import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'

/** All that libuv knows of: keeps their memory reachable. */
const open = new Map<bigint, Readiness>()
let onClosed = 0n

/**
 * Tells when a file descriptor can be read or written, by libuv's own poll handle.
 *
 * libuv calls back outside of what Node does around JavaScript: promises and process.nextTick would wait for the next
 * event of something else, and a throw would end the process. The work is therefore done in a setImmediate, which
 * follows in the same turn of the loop.
 */
export class Readiness {
  readonly #c: CLibrary
  readonly #handle: NativeMemory
  readonly #callback: bigint
  readonly #onReady: () => void
  #isScheduled = false
  #whenClosed: (() => void) | null = null

  /** Throws if libuv does not take the descriptor. */
  constructor(c: CLibrary, fd: number, onReady: (events: number) => void) {
    this.#c = c
    this.#handle = new NativeMemory(c, Math.max(128, (c.pollHandleOctets + 7) & ~7))
    if (c.pollInit(c.loop, this.#handle.address, fd) !== 0) throw new Error(`uv_poll_init failed: ${c.errorName()}`)
    let ready = 0
    this.#onReady = () => {
      const events = ready
      ready = 0
      this.#isScheduled = false
      if (this.#whenClosed === null) onReady(events)
    }
    this.#callback = c.makeCallback((_handle, status, events) => {
      if (status < 0) c.pollStop(this.#handle.address) // The descriptor is not one any more.
      ready |= events
      if (this.#isScheduled) return
      this.#isScheduled = true
      setImmediate(this.#onReady)
    })
    open.set(this.#handle.address, this)
    closeAllOnExit(c)
  }

  /** Waits for `UV_READABLE`, `UV_WRITABLE` or both; 0 for nothing. */
  watch(events: number): void {
    if (events === 0) this.#c.pollStop(this.#handle.address)
    else this.#c.pollStart(this.#handle.address, events, this.#callback)
  }

  /** Gives the descriptor back to its owner at once; resolves when libuv has forgotten the handle. */
  async close(): Promise<void> {
    if (onClosed === 0n) onClosed = this.#c.makeCallback(forget)
    const closed = new Promise<void>(resolve => {
      this.#whenClosed = resolve
    })
    this.#c.uvClose(this.#handle.address, onClosed)
    await closed
    this.#c.freeCallback(this.#callback)
  }

  get isClosing(): boolean {
    return this.#whenClosed !== null
  }

  /** Called by `forget`, from C. */
  closed(): void {
    const done = this.#whenClosed
    if (done !== null) setImmediate(done)
  }
}

function forget(handle: bigint): void {
  const readiness = open.get(handle)
  open.delete(handle)
  readiness?.closed()
}

let isExitWatched = false

/** A worker thread that ends with handles open takes the whole process down: libuv asserts that there are none. */
function closeAllOnExit(c: CLibrary): void {
  if (isExitWatched || isMainThread) return
  isExitWatched = true
  process.on('exit', () => {
    for (const [handle, readiness] of open) if (!readiness.isClosing) c.uvClose(handle, 0n)
  })
}
