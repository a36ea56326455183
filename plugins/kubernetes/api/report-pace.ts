import type { Pace } from '#plugins/kubernetes/api/pacer.ts'

/** Reports that may be under way to the other thread: one to be taken, and the next one, so that it need not wait. */
const MAX_UNTAKEN = 2

/**
 * Keeps a list in step with the thread that answers from it: what waits there would be taken all in one turn of its event loop,
 * in which no query is answered.
 */
export class ReportPace implements Pace {
  #untaken = 0
  #waiting: (() => void)[] = []

  /** Notes that a report has been sent. */
  sent(): void {
    this.#untaken++
  }

  /** Notes that a report has been taken. */
  taken(): void {
    this.#untaken--
    if (this.isDue()) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  isDue(): boolean {
    return this.#untaken >= MAX_UNTAKEN
  }

  rest(): Promise<void> {
    return this.isDue() ? new Promise(resolve => this.#waiting.push(resolve)) : Promise.resolve()
  }
}
