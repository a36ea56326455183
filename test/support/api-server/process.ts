import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ControlCalls } from '#test/support/api-server/control.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** A fake API server in a process of its own. */
export class ApiServerProcess {
  readonly url: string
  readonly #control: number
  readonly #child: ChildProcess

  /** Use {@link startApiServerProcess}. */
  constructor(child: ChildProcess, url: string, control: number) {
    this.#child = child
    this.url = url
    this.#control = control
  }

  /** Has something done there; resolves with what it gives back. */
  async call<Name extends keyof ControlCalls>(
    name: Name,
    ...argument: Parameters<ControlCalls[Name]>
  ): Promise<Awaited<ReturnType<ControlCalls[Name]>>> {
    const body = argument.length === 0 ? '' : JSON.stringify(argument[0])
    const response = await fetch(`http://127.0.0.1:${this.#control}/${name}`, { method: 'POST', body })
    const text = await response.text()
    if (!response.ok) throw new Error(`${name}: ${text}`)
    return JSON.parse(text) as Awaited<ReturnType<ControlCalls[Name]>>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await exit
  }
}

/**
 * Starts one; stop it in `finally`. `windowEvents` is how many changes of each resource can be watched from the past; with `tls`
 * it shows the server's certificate of test/fixtures/tls.
 */
export async function startApiServerProcess(
  windowEvents: number,
  { tls = false }: { readonly tls?: boolean } = {},
): Promise<ApiServerProcess> {
  const child = spawn(process.execPath, [MAIN, '--window', String(windowEvents), ...(tls ? ['--tls'] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, control } = JSON.parse(line) as { url: string; control: number }
    return new ApiServerProcess(child, url, control)
  }
  throw new Error('the fake API server did not start')
}
