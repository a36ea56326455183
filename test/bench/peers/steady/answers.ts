import type { CLibrary } from '#net/batch/c-library.ts'
import { Datagrams } from '#net/batch/datagrams.ts'
import { arrivalTimeAt } from '#test/bench/peers/steady/arrival-time.ts'
import type { ClientSocket } from '#test/bench/peers/steady/client-socket.ts'
import type { Clock } from '#test/bench/peers/steady/clock.ts'

/** An answer that takes longer is none. */
export const TIMEOUT_NS = 2e9

const READ_AT_ONCE = 16
const HEADER_OCTETS = 12
const RESPONSE = 0x80

/** Reads answers and keeps how long they took, for questions asked from some moment on. */
export class Answers {
  readonly #clock: Clock
  readonly #countedFrom: number
  readonly #received: Datagrams
  readonly #words: Uint32Array
  readonly #latencies: Float64Array
  #counted = 0

  /** Keeps at most so many. */
  constructor(c: CLibrary, clock: Clock, countedFrom: number, most: number) {
    this.#clock = clock
    this.#countedFrom = countedFrom
    this.#received = new Datagrams(c, READ_AT_ONCE, true)
    this.#words = new Uint32Array(this.#received.octets.buffer)
    this.#latencies = new Float64Array(most)
  }

  /** Times from question to answer, in nanoseconds. */
  get latencies(): Float64Array {
    return this.#latencies.subarray(0, this.#counted)
  }

  /** Reads what has come, up to 16 messages; returns how many of them answer a question that had no answer yet. */
  read(socket: ClientSocket): number {
    const received = this.#received
    const { octets } = received
    const count = socket.receive(received)
    let answers = 0
    for (let slot = 0; slot < count; slot++) {
      const at = received.payloadAt(slot)
      const time = arrivalTimeAt(this.#words, received.controlAt(slot) >> 2, received.controlLength(slot))
      const isResponse = received.messageLength(slot) >= HEADER_OCTETS && (octets[at + 2]! & RESPONSE) !== 0
      if (!isResponse || time < 0) continue
      const askedAt = socket.outstanding.end((octets[at]! << 8) | octets[at + 1]!)
      if (askedAt < 0) continue
      answers++
      const latency = this.#clock.at(this.#words, time) - askedAt
      if (askedAt >= this.#countedFrom && latency <= TIMEOUT_NS) this.#latencies[this.#counted++] = latency
    }
    return answers
  }
}
