import { performance } from 'node:perf_hooks' // The global of that name is a getter, to be looked up and called each time.
import { BatchPolicy } from '#net/batch/batch-policy.ts'
import type { CLibrary } from '#net/batch/c-library.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'
import { PollList } from '#net/batch/poll-list.ts'
import { ProcessorPart } from '#net/batch/processor-part.ts'
import type { SharedSockets } from '#net/batch/shared-sockets.ts'
import { sharedSockets } from '#net/batch/shared-sockets.ts'
import { SteadyLoad } from '#net/batch/steady-load.ts'

/** A descriptor that is waited for. */
export interface Waiting {
  readonly fd: number
  /** Whether it is waited for to be read, and for nothing else. */
  readonly isReading: boolean
  /** Whether `onReady` can wait for something to read. */
  readonly canWait: boolean
  /** How many messages have been read so far, modulo 2^32. */
  readonly received: number
  /**
   * Takes what there is to read, and not so much that others wait for long; with `isToWait` it waits for that first, for a few
   * milliseconds at most. Whether the event loop has nothing to go on with after that but what it knows of.
   */
  onReady(isToWait: boolean): boolean
  /** Has libuv look for it no more, and again. */
  pause(): void
  resume(): void
}

/** `uv_metrics_t`, in 32-bit words: turns of the loop, events, both with 64 bits; then what is of no interest here. */
const METRICS_OCTETS = 128
const TURNS = 0
const EVENTS = 2

/** Descriptors that become ready within that many milliseconds of each other are waited for here. */
const SOON_MS = 1

/**
 * Milliseconds after which libuv is asked whether it would sleep. Until then its idea of what time it is stays, and what was put off with
 * `setImmediate` waits, such as the writing of log lines.
 */
const ASK_MS = 10

/**
 * Milliseconds after which the event loop has its turn, whatever libuv says, for what we did not think of. A turn keeps messages waiting for
 * some 0.1 ms, since its code is in none of the processor's caches: one every 5 ms was much of what made 1% of answers late.
 */
const TURN_MS = 1000

/**
 * Milliseconds to wait for the next message at most. A wait of less than the kernel's tick sets the processor's timer each time, which
 * takes 2 us more (measured with 1 ms, on a virtual machine); of what we did not think of, nothing waits longer than this.
 */
const WAIT_MS = 10

/**
 * Milliseconds after each look at all descriptors in which, under a high load, the one that is busy alone is waited for in the receipt
 * of its messages: that spares one call of the system in three. What comes to others waits so long, and once a few milliseconds
 * when a high load ends all at once.
 */
const ALONE_MS = 0.25

/**
 * Waits for messages, and has them answered, without going back to libuv's event loop, as long as that has nothing to do: its own
 * descriptor becomes readable when one of those that it waits for does, and it says how long it would sleep. A turn through libuv and
 * Node costs as much as an answer, and leaves garbage for V8 (`setImmediate`, 300 octets).
 */
export class InnerLoop {
  readonly #c: CLibrary
  readonly #backendFd: number
  readonly #metrics: NativeMemory
  readonly #list: PollList
  readonly #load: SteadyLoad = new SteadyLoad()
  readonly #part: ProcessorPart
  readonly #policy: BatchPolicy
  /** As they were when `run` was last called. */
  #turns = 0
  #events = 0
  #readyAtMs = 0
  /** When the next timer is due, when libuv is asked again, and when the event loop has its turn. Handed on, a number with a fraction is garbage. */
  #timerAtMs = Infinity
  #askAtMs = 0
  #turnAtMs = 0
  /** Until when one descriptor alone may be waited for. */
  #aloneUntilMs = 0
  /** The first that was ready since `run` was called, and whether another was. */
  #first: Waiting | null = null
  #isFirstAlone = true

  constructor(c: CLibrary, sockets: SharedSockets = sharedSockets) {
    this.#c = c
    this.#backendFd = c.backendFd(c.loop)
    this.#metrics = new NativeMemory(c, METRICS_OCTETS)
    this.#list = new PollList(c)
    this.#part = new ProcessorPart(c, sockets)
    this.#policy = new BatchPolicy(c)
  }

  /** To be called from the event loop when `readyCount` of `all` have been ready and have left nothing to go on with. */
  run(all: readonly Waiting[], readyCount: number): void {
    const nowMs = performance.now()
    const isSoon = nowMs - this.#readyAtMs < SOON_MS
    this.#readyAtMs = nowMs
    this.#load.lapse(nowMs)
    if (!this.#load.isThere) this.#part.keep(false)
    const isAlone = this.#isAlone(readyCount)
    if (!isSoon || !isAlone || !all.every(each => each.isReading)) return
    if (!this.#wouldSleep(nowMs)) return
    this.#turnAtMs = nowMs + TURN_MS
    this.#list.fill(all, this.#backendFd)
    this.#first = null
    this.#isFirstAlone = true
    for (const each of all) each.pause()
    try {
      while (this.#answerNext(all));
    } finally {
      this.#policy.keep(false) // Threads that are started in a turn of the event loop would begin with it.
      this.#c.updateTime(this.#c.loop)
      this.#readyAtMs = performance.now()
      for (const each of all) each.resume()
    }
  }

  /**
   * Whether nothing else has been ready since `run` was last called, in the turn of the event loop before this. What answers other
   * events may begin to wait for more descriptors, which libuv tells the kernel of only when it waits itself.
   */
  #isAlone(readyCount: number): boolean {
    this.#c.metricsInfo(this.#c.loop, this.#metrics.address)
    const { words } = this.#metrics
    const [turns, events] = [words[TURNS]!, words[EVENTS]!]
    const isAlone = turns === (this.#turns + 1) >>> 0 && events === (this.#events + readyCount) >>> 0
    this.#turns = turns
    this.#events = events
    return isAlone
  }

  /** Asks libuv whether it would sleep now, and until which timer. */
  #wouldSleep(nowMs: number): boolean {
    const c = this.#c
    c.updateTime(c.loop)
    const timerMs = c.backendTimeout(c.loop)
    this.#timerAtMs = timerMs < 0 ? Infinity : nowMs + timerMs
    this.#askAtMs = nowMs + ASK_MS
    return timerMs !== 0
  }

  /** Answers what comes next. Whether to wait for more before the event loop has its turn. */
  #answerNext(all: readonly Waiting[]): boolean {
    const nowMs = performance.now()
    if (nowMs >= this.#turnAtMs) return false
    if (nowMs >= this.#askAtMs && !this.#wouldSleep(nowMs)) return false
    this.#load.count(nowMs, receivedFrom(all))
    this.#part.keep(this.#load.isThere)
    this.#policy.keep(this.#load.isFull && this.#part.isOneOfSeveral)
    const first = this.#first
    const isAwaitedAlone = first?.canWait && this.#isFirstAlone && this.#load.isHigh
    if (isAwaitedAlone && nowMs < this.#aloneUntilMs) return first.onReady(true) && first.isReading
    this.#aloneUntilMs = nowMs + ALONE_MS
    // Rounded up as libuv does it itself: else all messages of the millisecond before a timer would take a turn of the event loop each.
    const waitMs = Math.min(WAIT_MS, Math.ceil(this.#timerAtMs - nowMs))
    if (waitMs <= 0) return false
    if (isAwaitedAlone) return !this.#list.wait(0) || this.#answerReady(all)
    return this.#list.wait(waitMs) && this.#answerReady(all)
  }

  #answerReady(all: readonly Waiting[]): boolean {
    let goOn = !this.#list.isReady(all.length)
    for (let i = 0; i < all.length; i++) {
      if (!this.#list.isReady(i)) continue
      const each = all[i]!
      this.#first ??= each
      if (each !== this.#first) this.#isFirstAlone = false
      if (!each.onReady(false) || !each.isReading) goOn = false
    }
    return goOn
  }
}

/** As 32 bits, such as each has it. */
function receivedFrom(all: readonly Waiting[]): number {
  let received = 0
  for (const each of all) received = (received + each.received) | 0
  return received
}
