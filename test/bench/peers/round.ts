import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { wrongAnswer } from '#test/bench/peers/answers.ts'
import type { Bench } from '#test/bench/peers/bench.ts'
import { TTL_SECONDS } from '#test/bench/peers/cluster.ts'
import type { Contender } from '#test/bench/peers/contender.ts'
import { Entrant } from '#test/bench/peers/entrant.ts'
import type { Load } from '#test/bench/peers/load.ts'
import { warmUp } from '#test/bench/peers/load.ts'
import { memoryMib } from '#test/bench/peers/process-usage.ts'
import type { QuerySet } from '#test/bench/peers/query-sets.ts'
import type { Trial } from '#test/bench/peers/trial.ts'
import { figuresOf, whatIsWrong } from '#test/bench/peers/trial.ts'
import type { Turn } from '#test/bench/peers/turn.ts'
import { REFRESH_SECONDS, takeTurn } from '#test/bench/peers/turn.ts'

/** How long a server keeps what it has cached, and a second more. */
const CACHED_MS: number = (TTL_SECONDS + 1) * 1000

/** Who is told of a round as it goes on. */
export interface RoundObserver {
  /** What is done now. */
  begins(step: string): void
  /** What a server came to with one set. */
  measured(trial: Trial): void
  /** A server did not start or did not answer: the others go on without it. */
  failed(server: string, error: unknown): void
}

/** An entrant and what was measured of it with one set. */
interface Standing {
  readonly entrant: Entrant
  readonly load: Load
  wrong: string
  readonly turns: Turn[]
  /** When all that the server had cached in its last turn, or before the first, is over; as `performance.now()` has it. */
  overAtMs: number
  /** After the last turn. */
  loadedMib: number
}

/** All servers at once, of which one runs at a time: they take turns, so that what the machine does to one it does to all. */
export class Round {
  readonly #bench: Bench
  readonly #observer: RoundObserver
  readonly #entrants: Entrant[] = []

  constructor(bench: Bench, observer: RoundObserver) {
    this.#bench = bench
    this.#observer = observer
  }

  /** Starts the servers, measures them with each set and ends them. */
  async run(contenders: readonly Contender[]): Promise<void> {
    try {
      for (const contender of contenders) {
        this.#observer.begins(`start of ${contender.name}`)
        await this.#attempt(contender, async () => {
          this.#entrants.push(await Entrant.start(contender, this.#bench))
        })
      }
      for (const set of this.#bench.sets) await this.#measure(set)
    } finally {
      for (const entrant of this.#entrants) await entrant.stop()
    }
  }

  async #measure(set: QuerySet): Promise<void> {
    const { warmUpSeconds, expected, turns } = this.#bench
    const file = join(this.#bench.directory, `${set.name}.queries`)
    writeFileSync(file, `${set.lines.join('\n')}\n`)
    let standings = this.#entrants
      .filter(({ contender }) => contender.sets.includes(set.name))
      .map(
        (entrant): Standing => ({
          entrant,
          load: this.#load(entrant, file),
          wrong: '',
          turns: [],
          overAtMs: 0,
          loadedMib: 0,
        }),
      )
    standings = await this.#each(standings, `${set.name}, warm-up`, async standing => {
      const { entrant, load } = standing
      await warmUp(load, warmUpSeconds)
      if (entrant.contender.kind !== 'ceiling') standing.wrong = await wrongAnswer(entrant.port, set.lines, expected)
      standing.overAtMs = performance.now() + CACHED_MS
    })
    for (let turn = 1; turn <= turns; turn++) {
      standings = await this.#each(standings, `${set.name}, turn ${turn} of ${turns}`, async standing => {
        const { entrant, load } = standing
        standing.overAtMs = performance.now() + REFRESH_SECONDS * 1000 + CACHED_MS
        standing.turns.push(await takeTurn(entrant.pid, load, this.#bench))
        standing.loadedMib = memoryMib(entrant.pid)
      })
    }
    for (const standing of standings) this.#observer.measured(trialOf(standing, set))
  }

  /**
   * Does something with one server after another while it runs; those with which it could be done. All that was in a server's cache is over
   * by then, lest it be over in the midst of it.
   */
  async #each(
    standings: readonly Standing[],
    step: string,
    action: (standing: Standing) => Promise<void>,
  ): Promise<Standing[]> {
    const left: Standing[] = []
    for (const standing of standings) {
      const { entrant } = standing
      this.#observer.begins(`${step}: ${entrant.contender.name}`)
      await setTimeout(Math.max(0, standing.overAtMs - performance.now()))
      if (await this.#attempt(entrant.contender, () => entrant.run(() => action(standing)))) left.push(standing)
    }
    return left
  }

  async #attempt({ name }: Contender, action: () => Promise<void>): Promise<boolean> {
    try {
      await action()
      return true
    } catch (error) {
      this.#observer.failed(name, error)
      return false
    }
  }

  #load({ port, contender }: Entrant, file: string): Load {
    const { threads, pinning } = this.#bench
    const { load: pin, loadProcessors: processors } = pinning
    return { port, transport: contender.transport, file, threads, pin, processors }
  }
}

function trialOf({ entrant, wrong, turns, loadedMib }: Standing, set: QuerySet): Trial {
  const { contender, idleMib } = entrant
  return {
    server: contender.name,
    set: set.name,
    ...figuresOf(turns),
    idleMib,
    loadedMib,
    wrong: contender.kind === 'ceiling' ? '' : wrong || whatIsWrong(turns, set),
  }
}
