import type { IncomingMessage } from 'node:http'
import { SilenceFailure } from '#plugins/kubernetes/api/failure.ts'

/** The body of an answer piece by piece. Throws a SilenceFailure when nothing has come for `silenceMs()`, asked after each piece. */
export async function* readChunks(
  response: IncomingMessage,
  silenceMs: () => number,
): AsyncGenerator<Buffer, void, void> {
  let timer: NodeJS.Timeout | undefined
  const listen = (): void => {
    const ms = silenceMs()
    clearTimeout(timer)
    timer = setTimeout(() => response.destroy(new SilenceFailure(ms)), ms).unref()
  }
  try {
    listen()
    for await (const chunk of response) {
      yield chunk as Buffer
      listen()
    }
  } finally {
    clearTimeout(timer)
  }
}
