import process from 'node:process'
import { cArgument } from '#net/batch/c-argument.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { mark } from '#net/batch/descriptors.ts'
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN, UV_READABLE } from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { Readiness } from '#net/batch/readiness.ts'

/** Who reads a descriptor. */
export interface Reader {
  /** There is something to read, or an error. What is left unread is told again. */
  read(): void
}

/** `struct epoll_event`, in 32-bit words: events, then 64 bits of ours, the lower half of which is the descriptor; x86-64 packs it. */
const EVENT_WORDS: number = process.arch === 'x64' ? 3 : 4
const FD: number = EVENT_WORDS - 2

/**
 * Descriptors that are read in a turn of the event loop at most: each brings work of some 30 us, and between the turns there is a look
 * for queries.
 */
const TURN_READERS = 8

/**
 * Many descriptors that come and go, behind one that libuv waits for (epoll(7)): a handle of libuv's and what Node has around it cost
 * more than the rest of a short-lived socket.
 */
export class Epoll {
  readonly #c: CLibrary
  readonly #fd: bigint
  readonly #events: NativeMemory
  /** By descriptor. */
  readonly #readers: (Reader | null)[] = []
  readonly #ready: number[] = []

  /** Throws if there is no descriptor to be had. */
  constructor(c: CLibrary) {
    this.#c = c
    this.#events = new NativeMemory(c, TURN_READERS * EVENT_WORDS * 4)
    const fd = mark(c.epollCreate(EPOLL_CLOEXEC))
    if (fd < 0) throw new Error(c.errorName())
    this.#fd = BigInt(fd)
    const readiness = new Readiness(c, fd, () => this.#readSome())
    readiness.watch(UV_READABLE)
    readiness.unref()
  }

  /** Has `reader` read a descriptor from now on, until it is closed. Whether the system took it. */
  add(fd: number, reader: Reader): boolean {
    const { words, address } = this.#events
    words[0] = EPOLLIN
    words[FD] = fd
    words[FD + 1] = 0
    if (this.#c.epollControl(this.#fd, EPOLL_CTL_ADD, cArgument(fd), address) !== 0) return false
    this.#readers[fd] = reader
    return true
  }

  /** Forgets a descriptor that is about to be closed: the kernel does so by itself. */
  forget(fd: number): void {
    this.#readers[fd] = null
  }

  #readSome(): boolean {
    const count = this.#c.epollWait(this.#fd, this.#events.address, cArgument(TURN_READERS), 0n)
    if (count <= 0) return true
    const ready = this.#ready
    ready.length = 0
    for (let i = 0; i < count; i++) ready.push(this.#events.words[i * EVENT_WORDS + FD]!)
    // One that a reader before it has closed, and opened anew for others, has nothing to read.
    for (const fd of ready) this.#readers[fd]?.read()
    return false
  }
}
