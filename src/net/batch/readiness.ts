import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import type { CLibrary } from '#net/batch/c-library.ts'
import { closeDescriptor } from '#net/batch/descriptors.ts'
import type { Waiting } from '#net/batch/inner-loop.ts'
import { InnerLoop } from '#net/batch/inner-loop.ts'
import { UV_READABLE } from '#net/batch/linux.ts'

/** Words of a `uv_poll_t` (32 bits each): `data` comes first, `flags` after ten pointers and a padded integer. */
const DATA = 0
const FLAGS = 22
const UV_HANDLE_REF = 0x8
const UV_HANDLE_INTERNAL = 0x10

const WAITING = 1

/** All descriptors that are being watched in this thread. */
const watched: Readiness[] = []
let innerLoop: InnerLoop | null = null
let isLooking = false

/**
 * Tells when a file descriptor can be read or written, by a poll handle of libuv's.
 *
 * libuv gets no JavaScript to call: that would run outside of what Node does around it (promises and process.nextTick
 * would wait for an event of something else), and would end the process if it threw, or if it came while a thread is
 * being terminated. Instead the callback is libuv's own `uv_handle_set_data(handle, status, events)`, which makes `data`
 * the status: 0. An immediate that does not keep the loop awake (`unref`) looks at that after each time the loop slept.
 */
export class Readiness implements Waiting {
  readonly fd: number
  readonly onReady: (isToWait: boolean) => boolean
  /** Whether `onReady` can wait for something to read; to be set by the owner. */
  canWait = false
  /** How many messages have been read so far, modulo 2^32; to be set by the owner. */
  received = 0
  readonly #c: CLibrary
  readonly #handle: bigint
  readonly #words: Uint32Array
  #events = 0

  /** Throws if libuv does not take the descriptor. */
  constructor(c: CLibrary, fd: number, onReady: (isToWait: boolean) => boolean) {
    this.#c = c
    this.fd = fd
    this.onReady = onReady
    // C's own memory: libuv may look at it when the thread's JavaScript is gone.
    this.#handle = c.calloc(1, c.pollHandleOctets)
    this.#words = c.wordsAt(this.#handle, c.pollHandleOctets)
    if (c.pollInit(c.loop, this.#handle, fd) !== 0) {
      c.free(this.#handle)
      throw new Error('libuv does not poll this descriptor')
    }
    if (!isMainThread) this.#surviveTermination()
    innerLoop ??= new InnerLoop(c)
    watched.push(this)
    look()
  }

  get isReading(): boolean {
    return this.#events === UV_READABLE
  }

  /** Waits for `UV_READABLE`, `UV_WRITABLE` or both; 0 for nothing. */
  watch(events: number): void {
    this.#events = events
    this.#words[DATA] = WAITING
    if (events === 0) this.#c.pollStop(this.#handle)
    else this.#c.pollStart(this.#handle, events, this.#c.setDataFunction)
  }

  /** Gives the descriptor back to its owner, who may close it at once. */
  close(): void {
    watched.splice(watched.indexOf(this), 1)
    this.#c.uvClose(this.#handle, this.#c.freeFunction)
  }

  /** Has it keep the process alive no more. */
  unref(): void {
    this.#c.uvUnref(this.#handle)
  }

  pause(): void {
    this.#c.pollStop(this.#handle)
  }

  resume(): void {
    this.watch(this.#events)
  }

  /** Whether the descriptor has become ready. Waits again from now on. */
  takeReady(): boolean {
    const status = this.#words[DATA]!
    if (status === WAITING) return false
    this.#words[DATA] = WAITING
    if (status !== 0) this.watch(this.#events) // libuv stops at an error of the socket, which reading then takes away.
    return true
  }

  /** Closes handle and descriptor because the thread ends. */
  abandon(): void {
    this.close()
    closeDescriptor(this.#c, this.fd)
  }

  /**
   * A worker thread that is terminated runs none of our code any more, and Node ends the whole process if a handle is
   * then left in the thread's loop. Handles marked as libuv's own are not counted. The mark is set only if the flags are
   * seen to lie where we think they do.
   */
  #surviveTermination(): void {
    const flags = this.#words[FLAGS]!
    this.#c.uvUnref(this.#handle)
    const unreferenced = this.#words[FLAGS]!
    this.#c.uvRef(this.#handle)
    if (this.#words[FLAGS] !== flags || (flags ^ unreferenced) !== UV_HANDLE_REF) return
    this.#words[FLAGS] = flags | UV_HANDLE_INTERNAL
  }
}

function look(): void {
  if (isLooking) return
  isLooking = true
  setImmediate(lookAtAll).unref()
}

function lookAtAll(): void {
  isLooking = false
  if (watched.length === 0) return
  look()
  let readyCount = 0
  let isSettled = true
  for (const each of watched) {
    if (!each.takeReady()) continue
    readyCount++
    if (!each.onReady(false)) isSettled = false
  }
  if (readyCount > 0 && isSettled) innerLoop?.run(watched, readyCount)
}

/** A worker thread that ends by itself gives its descriptors back; the main thread leaves that to the system. */
if (!isMainThread) {
  process.on('exit', () => {
    for (const readiness of [...watched]) readiness.abandon()
  })
}
