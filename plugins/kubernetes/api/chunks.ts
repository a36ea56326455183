import type { IncomingMessage } from 'node:http'
import { collectYoungGarbage } from '#lib/young-garbage.ts'
import { ApiFailure, SilenceFailure } from '#plugins/kubernetes/api/failure.ts'

/** Octets that may wait here before the connection is told to hold back. */
const MAX_WAITING_OCTETS = 1 << 16
/**
 * Octets taken after which the buffers that they came in are collected: Node has one of 64 KiB for each read and one for each
 * piece. Left alone they add up to tens of MiB in a list, for which V8 stops for 8 to 30 ms to collect the whole heap.
 */
const MAX_GARBAGE_OCTETS = 1 << 20

/**
 * The body of an answer in pieces, as many at a time as have come. Throws a SilenceFailure when nothing has come for
 * `silenceMs()`, asked each time.
 */
export async function* readChunks(
  response: IncomingMessage,
  silenceMs: () => number,
): AsyncGenerator<readonly Buffer[], void, void> {
  const body = new Body(response)
  let timer: NodeJS.Timeout | undefined
  const listen = (): void => {
    const ms = silenceMs()
    clearTimeout(timer)
    timer = setTimeout(() => response.destroy(new SilenceFailure(ms)), ms).unref()
  }
  try {
    listen()
    for (let chunks = await body.next(); chunks.length > 0; chunks = await body.next()) {
      yield chunks
      listen()
    }
  } finally {
    clearTimeout(timer)
    response.destroy()
  }
}

/** Takes the pieces of a body as they come. A server sends each object in a piece of its own: one by one they cost more than to read. */
class Body {
  readonly #response: IncomingMessage
  #waiting: Buffer[] = []
  #waitingOctets = 0
  #garbageOctets = 0
  #isOver = false
  #error: Error | null = null
  #wake = (): void => {}

  constructor(response: IncomingMessage) {
    this.#response = response
    response.on('data', (chunk: Buffer) => this.#arrived(chunk))
    response.once('error', error => this.#over(error))
    response.once('end', () => this.#over(null))
    response.once('close', () => this.#over(new ApiFailure('the connection was closed')))
  }

  /** The next pieces; none when all have been taken. Throws what ended the body too early, once all that came before is taken. */
  async next(): Promise<readonly Buffer[]> {
    while (this.#waiting.length === 0) {
      if (this.#error !== null) throw this.#error
      if (this.#isOver) return []
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    const chunks = this.#waiting
    this.#garbageOctets += this.#waitingOctets
    this.#waiting = []
    this.#waitingOctets = 0
    if (this.#garbageOctets > MAX_GARBAGE_OCTETS) {
      this.#garbageOctets = 0
      collectYoungGarbage()
    }
    if (this.#response.isPaused()) this.#response.resume()
    return chunks
  }

  #arrived(chunk: Buffer): void {
    this.#waiting.push(chunk)
    this.#waitingOctets += chunk.length
    if (this.#waitingOctets > MAX_WAITING_OCTETS) this.#response.pause()
    this.#wake()
  }

  #over(error: Error | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#wake()
  }
}
