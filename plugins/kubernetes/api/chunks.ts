import type { IncomingMessage } from 'node:http'
import { noteYoungGarbage } from '#lib/young-garbage.ts'
import { ApiFailure, SilenceFailure } from '#plugins/kubernetes/api/failure.ts'
import type { Inbox } from '#plugins/kubernetes/api/inbox.ts'

/** Octets that may wait here before the connection is told to hold back. */
const MAX_WAITING_OCTETS = 1 << 14

/**
 * The body of an answer, as much of it at a time as has come, each chunk good until the next one is asked for. Throws a
 * SilenceFailure when nothing has come for `silenceMs()`, asked each time. `inbox` is for this body alone as long as it is read.
 */
export async function* readChunks(
  response: IncomingMessage,
  inbox: Inbox,
  silenceMs: () => number,
): AsyncGenerator<Buffer, void, void> {
  const body = new Body(response, inbox)
  let timer: NodeJS.Timeout | undefined
  const listen = (): void => {
    const ms = silenceMs()
    clearTimeout(timer)
    timer = setTimeout(() => response.destroy(new SilenceFailure(ms)), ms).unref()
  }
  try {
    listen()
    while (await body.hasMore()) {
      yield body.take()
      listen()
    }
  } finally {
    clearTimeout(timer)
    body.close()
  }
}

/**
 * Takes the pieces of a body as they come, and copies them. A server sends each object in a piece of its own: kept until they
 * are read, such pieces outlive collections of the young generation, and only one of the whole heap takes them then, for
 * which V8 stops for 10 to 60 ms.
 */
class Body {
  readonly #response: IncomingMessage
  readonly #inbox: Inbox
  #isOver = false
  #error: Error | null = null
  #wake = (): void => {}

  constructor(response: IncomingMessage, inbox: Inbox) {
    this.#response = response
    this.#inbox = inbox
    inbox.clear()
    response.on('data', (piece: Buffer) => this.#arrived(piece))
    response.once('error', error => this.#over(error))
    response.once('end', () => this.#over(null))
    response.once('close', () => this.#over(new ApiFailure('the connection was closed')))
  }

  /** Waits until there is something to take; false at the end. Throws what ended the body too early, once all that came before is taken. */
  async hasMore(): Promise<boolean> {
    while (this.#inbox.octets === 0) {
      if (this.#error !== null) throw this.#error
      if (this.#isOver) return false
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
    return true
  }

  /** What has come. */
  take(): Buffer {
    const chunk = this.#inbox.take()
    noteYoungGarbage(chunk.length)
    if (this.#response.isPaused()) this.#response.resume()
    return chunk
  }

  /** Takes no more. */
  close(): void {
    this.#response.destroy()
    this.#isOver = true
  }

  #arrived(piece: Buffer): void {
    if (this.#isOver) return
    this.#inbox.add(piece)
    if (this.#inbox.octets > MAX_WAITING_OCTETS) this.#response.pause()
    this.#wake()
  }

  #over(error: Error | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#wake()
  }
}
