import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import { captureLines } from '#lib/output.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { plugins as allPlugins } from '#plugins/order.ts'
import type { Listening } from '#server/runtime.ts'
import { Runtime } from '#server/runtime.ts'
import type { Ask } from '#test/support/client.ts'
import { ask } from '#test/support/client.ts'
import type { Message } from '#wire/message.ts'

/** A server that a test booted from a Corefile. */
export interface TestServer {
  /** Port of the first listen address, UDP and TCP. */
  readonly port: number
  readonly listening: readonly Listening[]
  readonly runtime: Runtime
  /** The directory that holds the Corefile and the test's files. */
  readonly directory: string
  /** Every line that has been logged. */
  readonly lines: readonly string[]
  /** What `fatal` was called with. */
  readonly fatal: readonly string[]
  /** Asks the first listen address. */
  ask(name: string, type: string, options?: Ask): Promise<Message>
  /** Puts another text in the Corefile; it is not loaded until something reloads. */
  writeCorefile(text: string): void
  writeFile(path: string, text: string): void
  /** The text of the metrics page. */
  metrics(): string
  /** The same with what serving threads have counted. */
  metricsOfAllThreads(): Promise<string>
  close(): Promise<number>
}

/** What a booted server has besides its Corefile. */
export interface BootOptions {
  /** Files by path relative to the Corefile. */
  readonly files?: Readonly<Record<string, string>>
  readonly plugins?: readonly AnyPlugin[]
  readonly clock?: Clock
  readonly packetCache?: boolean
  /** The module that serving threads run; it has all plugins unless given. */
  readonly threadEntry?: URL
}

/**
 * Boots a Corefile in this process. Keys without a port get a free one, so write `.` rather than `.:53`. Log lines are
 * kept instead of printed. Close it in `t.after`.
 */
export async function bootServer(corefile: string, options: BootOptions = {}): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-'))
  const writeFile = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  for (const [path, text] of Object.entries(options.files ?? {})) writeFile(path, text)
  writeFile('Corefile', corefile)
  const lines: string[] = []
  const fatal: string[] = []
  const release = captureLines(line => lines.push(line))
  const file = join(directory, 'Corefile')
  const runtime = new Runtime({
    load: () => ({ text: readFileSync(file, 'utf8'), file }),
    plugins: options.plugins ?? allPlugins,
    threadEntry: options.threadEntry ?? new URL('../../src/thread.ts', import.meta.url),
    defaultPort: 0,
    workingDirectory: directory,
    fatal: message => fatal.push(message),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.packetCache === undefined ? {} : { packetCache: options.packetCache }),
  })
  const close = async (): Promise<number> => {
    const code = await runtime.stop()
    release()
    rmSync(directory, { recursive: true, force: true })
    return code
  }
  let listening: Listening[]
  try {
    listening = await runtime.start()
  } catch (error) {
    await close()
    throw error
  }
  const port = listening[0]?.port ?? 0
  return {
    port,
    listening,
    runtime,
    directory,
    lines,
    fatal,
    ask: (name, type, how) => ask(port, name, type, how),
    writeCorefile: text => writeFile('Corefile', text),
    writeFile,
    metrics: () => runtime.metrics.expose(),
    metricsOfAllThreads: () => runtime.metrics.exposeAll(),
    close,
  }
}
