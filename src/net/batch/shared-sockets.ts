import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { isMainThread, threadId, workerData } from 'node:worker_threads'

/** The first 32-bit word counts changes of the table; rows come after as many words as they have. */
const CHANGES = 0
/** Words of a row: its descriptor plus 1, or 0 when the row is free; who reads the socket now; whose it is; its address; when its owner read it last. */
const ROW_WORDS = 16
const DESCRIPTOR = 0
const READER = 1
const OWNER = 2
const ADDRESS = 3
const READ_AT = 11
/** Sockets beyond that are read by their own threads alone. Pages of the table that nobody has touched take no memory. */
const ROWS = 4096

const FREE = 0
/** What a row has for a descriptor while its address is being written. */
const BEING_WRITTEN = -1
const NOBODY = 0

/** How often and how long to wait for a thread that reads the socket, which takes microseconds unless it does not run. */
const MOST_WAITS = 1000
const WAIT_MS = 1

/** Ticks of a clock that is the same for all threads: 1/64 ms. */
const TICKS_PER_MS = 64
/** As much as threads may be behind the time that others have noted. */
const SINCE_TICKS = 1000 * TICKS_PER_MS
/** What is to be added to `performance.now()`, which each thread counts from its own start. */
const threadStartMs = Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now()

/** What a serving thread is started with, so that threads can read each other's sockets. */
export interface SharedSocketsData {
  readonly sharedSockets: SharedArrayBuffer
}

/** A table for threads that are about to be started. */
export function makeSharedSockets(): SharedSocketsData {
  return { sharedSockets: new SharedArrayBuffer((ROWS + 1) * ROW_WORDS * 4) }
}

/**
 * The UDP sockets of all threads that share an address with others, in memory that all threads see. A thread may read a socket of another
 * while the table says so: none leaves the table, and so none is closed, while somebody reads it.
 */
export class SharedSockets {
  readonly #words: Int32Array
  readonly #me: number
  /** Rows of this thread's own sockets, by descriptor. */
  readonly #rows = new Map<number, number>()

  /** `thread`: the ID of the thread that this object is for. */
  constructor({ sharedSockets }: SharedSocketsData, thread: number) {
    this.#words = new Int32Array(sharedSockets)
    this.#me = thread + 1 // The main thread's is 0.
  }

  /** How often sockets have come and gone: while that is the same, so are the rows of an address. */
  get changes(): number {
    return Atomics.load(this.#words, CHANGES)
  }

  /**
   * Lets other threads read a socket of this one; `address` is the socket address that it is bound to, in words. Returns its row, 0 when the
   * table is full.
   */
  enter(fd: number, address: Int32Array): number {
    const words = this.#words
    for (let row = ROW_WORDS; row < words.length; row += ROW_WORDS) {
      if (Atomics.compareExchange(words, row + DESCRIPTOR, FREE, BEING_WRITTEN) !== FREE) continue
      words[row + OWNER] = this.#me
      words.set(address, row + ADDRESS)
      Atomics.store(words, row + DESCRIPTOR, fd + 1)
      Atomics.add(words, CHANGES, 1)
      this.#rows.set(fd, row)
      return row
    }
    return 0
  }

  /** Says that the owner of a row reads its socket now; returns the time. */
  noteRead(row: number): number {
    const now = ((performance.now() + threadStartMs) * TICKS_PER_MS) | 0
    if (row !== 0) this.#words[row + READ_AT] = now
    return now
  }

  /** Whether the owner of a row had not read its socket for so many milliseconds, at a time that `noteRead` gave. */
  isUnreadFor(row: number, ms: number, now: number): boolean {
    const ticks = now - this.#words[row + READ_AT]!
    // Modulo 2^32, so that it does not matter how long ago that was. The owner may have read it since, too.
    return (ticks + SINCE_TICKS) >>> 0 > ms * TICKS_PER_MS + SINCE_TICKS
  }

  /** Lets no other thread read a socket any more, if any did; nobody reads it when this returns. */
  leave(fd: number): void {
    const row = this.#rows.get(fd)
    if (row === undefined) return
    this.#rows.delete(fd)
    this.#free(row)
  }

  /** Rows of the sockets of other threads that are bound to an address. */
  othersAt(address: Int32Array): number[] {
    const words = this.#words
    const found: number[] = []
    for (let row = ROW_WORDS; row < words.length; row += ROW_WORDS) {
      const isThere = Atomics.load(words, row + DESCRIPTOR) > FREE && words[row + OWNER] !== this.#me
      if (isThere && address.every((word, i) => words[row + ADDRESS + i] === word)) found.push(row)
    }
    return found
  }

  /** Which of the threads that have sockets here this one is, from 0 on and -1 for none, and how many those are. */
  place(): { readonly index: number; readonly count: number } {
    const words = this.#words
    const owners = new Set<number>()
    for (let row = ROW_WORDS; row < words.length; row += ROW_WORDS) {
      if (Atomics.load(words, row + DESCRIPTOR) > FREE) owners.add(words[row + OWNER]!)
    }
    return { index: [...owners].sort((a, b) => a - b).indexOf(this.#me), count: owners.size }
  }

  /**
   * Keeps the socket of a row, found when there had been so many `changes`, from leaving, and returns its descriptor; -1 if it may have
   * left, or another thread reads it. `release` has to follow.
   */
  hold(row: number, changes: number): number {
    const words = this.#words
    if (Atomics.compareExchange(words, row + READER, NOBODY, this.#me) !== NOBODY) return -1
    if (this.changes === changes) return words[row + DESCRIPTOR]! - 1
    this.release(row)
    return -1
  }

  /** Ends a `hold` that has returned a descriptor. */
  release(row: number): void {
    Atomics.store(this.#words, row + READER, NOBODY)
  }

  /** Takes all sockets of a thread that is no more out of the table, and what it held it holds no more. */
  forget(thread: number): void {
    const words = this.#words
    const gone = thread + 1
    for (let row = ROW_WORDS; row < words.length; row += ROW_WORDS) {
      Atomics.compareExchange(words, row + READER, gone, NOBODY)
      if (Atomics.load(words, row + DESCRIPTOR) !== FREE && words[row + OWNER] === gone) this.#free(row)
    }
  }

  /** The order matters: whoever holds the row next must see that there was a change, and whoever sees no change must not have seen the row. */
  #free(row: number): void {
    const words = this.#words
    this.#holdInAnyCase(row)
    Atomics.store(words, row + DESCRIPTOR, FREE)
    Atomics.add(words, CHANGES, 1)
    this.release(row)
  }

  /** A thread that has held a row for a second is no more, and nobody has said so yet. */
  #holdInAnyCase(row: number): void {
    const words = this.#words
    for (let waits = 0; waits < MOST_WAITS; waits++) {
      const reader = Atomics.compareExchange(words, row + READER, NOBODY, this.#me)
      if (reader === NOBODY) return
      Atomics.wait(words, row + READER, reader, WAIT_MS)
    }
    Atomics.store(words, row + READER, this.#me)
  }
}

/** What serving threads of this process are started with. */
export const sharedSocketsData: SharedSocketsData =
  isMainThread || !isGiven(workerData) ? makeSharedSockets() : workerData

/** The table as this thread sees it. */
export const sharedSockets: SharedSockets = new SharedSockets(sharedSocketsData, threadId)

function isGiven(data: unknown): data is SharedSocketsData {
  if (typeof data !== 'object' || data === null || !('sharedSockets' in data)) return false
  return data.sharedSockets instanceof SharedArrayBuffer
}
