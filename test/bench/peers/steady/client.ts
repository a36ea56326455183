import type { CLibrary } from '#net/batch/c-library.ts'
import { Answers, TIMEOUT_NS } from '#test/bench/peers/steady/answers.ts'
import type { ClientFunctions } from '#test/bench/peers/steady/c-functions.ts'
import { ClientSocket } from '#test/bench/peers/steady/client-socket.ts'
import { Clock } from '#test/bench/peers/steady/clock.ts'
import type { Questions } from '#test/bench/peers/steady/questions.ts'
import { Schedule } from '#test/bench/peers/steady/schedule.ts'
import { SeededRandom } from '#test/support/random.ts'

/** What is asked, of whom and how. */
export interface SteadyLoad {
  /** At 127.0.0.1. */
  readonly port: number
  readonly questions: Questions
  readonly queriesPerSecond: number
  /** How long it is asked besides what is left out at the beginning. */
  readonly seconds: number
  /** Sockets, which ask in turn. */
  readonly clients: number
}

/** What became of the questions. */
export interface SteadyResult {
  readonly sent: number
  /** Questions that left later than they should have: see `LATE_NS`. */
  readonly late: number
  /** From the beginning to the end of asking, in nanoseconds. */
  readonly lastedNs: number
  /** Times to the answers, in nanoseconds. */
  readonly latencies: Float64Array
}

/** Questions of so long are asked but left out: V8 has not compiled the client's own code until then. */
const LEFT_OUT_NS = 300e6
/** Answers are read when so many questions were asked since the last time, and there is time for it until the next one. */
const UNREAD = 8
const READING_NS = 6000
/** With so many unread there is no waiting for such a time. */
const MOST_UNREAD = 64
/** The same moments for every server. */
const SEED = 1

/**
 * Asks at the times of a schedule, never waiting for answers, in a loop that does not sleep. An answer's time is from right before
 * its question was sent to when the kernel put it into the socket's queue, on loopback within the server's own call: when it
 * is read does not matter.
 */
export class SteadyClient {
  readonly #load: SteadyLoad
  readonly #clock: Clock
  readonly #sockets: readonly ClientSocket[]
  readonly #answers: Answers
  readonly #most: number
  readonly #countedFrom: number
  readonly #schedule: Schedule
  #sent = 0
  #lateBefore = 0
  #unread = 0
  /** The next question, and the sockets that ask and read next. */
  #next = 0
  #asker = 0
  #reader = 0
  #outstanding = 0

  constructor(c: CLibrary, functions: ClientFunctions, load: SteadyLoad) {
    this.#load = load
    this.#clock = new Clock(c, functions)
    this.#sockets = Array.from({ length: load.clients }, () => new ClientSocket(c, functions, load.port))
    // Half as much again as there should be on average: beyond what chance can do.
    this.#most = Math.ceil(load.queriesPerSecond * load.seconds * 1.5) + 100
    const startsAt = this.#clock.time
    this.#countedFrom = startsAt + LEFT_OUT_NS
    this.#answers = new Answers(c, this.#clock, this.#countedFrom, this.#most)
    this.#schedule = new Schedule(new SeededRandom(SEED), load.queriesPerSecond, startsAt)
    load.questions.identify(0, this.#sockets[0]!.outstanding.nextId)
  }

  /** Runs as long as the load says and up to two seconds more, for the last answers. */
  run(): SteadyResult {
    const clock = this.#clock
    const endsAt = this.#countedFrom + this.#load.seconds * 1e9
    clock.tick()
    while (clock.time < endsAt && this.#sent < this.#most) {
      this.#step()
      clock.tick()
    }
    const endedAt = clock.time
    this.#readTheRest(endedAt + TIMEOUT_NS)
    for (const socket of this.#sockets) socket.close()
    const { latencies } = this.#answers
    return {
      sent: this.#sent,
      late: this.#schedule.late - this.#lateBefore,
      lastedNs: endedAt - this.#countedFrom,
      latencies,
    }
  }

  /** Asks the next question if it is due; else reads, if there is something to read and time for that. */
  #step(): void {
    const leftNs = this.#schedule.dueAt - this.#clock.time
    if (leftNs <= 0 && this.#unread < MOST_UNREAD) {
      this.#ask(this.#clock.time)
    } else if (this.#unread === MOST_UNREAD || (this.#unread >= UNREAD && leftNs > READING_NS)) {
      this.#unread = 0
      this.#outstanding -= this.#answers.read(this.#sockets[this.#reader]!)
      if (++this.#reader === this.#sockets.length) this.#reader = 0
    }
  }

  #ask(now: number): void {
    const { questions } = this.#load
    this.#sockets[this.#asker]!.ask(questions, this.#next, now)
    this.#schedule.asked(now)
    this.#outstanding++
    this.#unread++
    if (now >= this.#countedFrom) this.#sent++
    else this.#lateBefore = this.#schedule.late
    if (++this.#asker === this.#sockets.length) this.#asker = 0
    if (++this.#next === questions.count) this.#next = 0
    questions.identify(this.#next, this.#sockets[this.#asker]!.outstanding.nextId)
  }

  #readTheRest(until: number): void {
    while (this.#outstanding > 0 && this.#clock.time < until) {
      for (const socket of this.#sockets) this.#outstanding -= this.#answers.read(socket)
      this.#clock.tick()
    }
  }
}
