import { rmSync, writeFileSync } from 'node:fs'
import type { ServeArguments } from '#cli/arguments.ts'
import { corefileLoader } from '#cli/load.ts'
import { startupLines } from '#cli/startup-lines.ts'
import { versionText } from '#cli/version.ts'
import { entryPoint } from '#lib/entry-point.ts'
import { flushSync, writeLine } from '#lib/output.ts'
import { lowerV8Threads } from '#lib/v8-threads.ts'
import { collectYoungGarbageWhenFull } from '#lib/young-garbage.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { keepServing } from '#server/keep-serving.ts'
import { Runtime } from '#server/runtime.ts'

/** Serves until a signal ends the process. A start that fails ends it with exit code 1 and the reason on standard error. */
export async function serve(args: ServeArguments, plugins: readonly AnyPlugin[]): Promise<void> {
  const exit = (code: number): never => {
    if (args.pidFile !== null) rmSync(args.pidFile, { force: true })
    flushSync()
    process.exit(code)
  }
  const fatal = (message: string): void => {
    writeLine(`[FATAL] ${message}`)
    exit(1)
  }
  keepServing()
  collectYoungGarbageWhenFull()
  let runtime: Runtime
  try {
    const load = corefileLoader(args.conf)
    const threadEntry = entryPoint('src/thread')
    runtime = new Runtime({ load, plugins, threadEntry, defaultPort: args.port, fatal })
    handleSignals(runtime, exit)
    const listening = await runtime.start()
    lowerV8Threads()
    if (args.pidFile !== null) writeFileSync(args.pidFile, `${process.pid}\n`)
    if (args.quiet) return
    writeLine(`[INFO] ${runtime.udpTransport}`)
    for (const line of startupLines(listening)) writeLine(line)
    writeLine(versionText().trimEnd())
  } catch (error) {
    flushSync()
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}

/** Signals as CoreDNS takes them. SIGHUP is ignored. */
function handleSignals(runtime: Runtime, exit: (code: number) => never): void {
  let interrupted = false
  process.on('SIGINT', () => {
    if (interrupted) {
      writeLine('[INFO] SIGINT: Force quit')
      exit(2)
    }
    interrupted = true
    writeLine('[INFO] SIGINT: Shutting down')
    runtime.stop().then(exit)
  })
  process.on('SIGTERM', () => {
    writeLine('[INFO] SIGTERM: Shutting down servers then terminating')
    runtime.stop().then(exit)
  })
  process.on('SIGQUIT', () => {
    writeLine('[INFO] SIGQUIT: Quitting process immediately')
    exit(0)
  })
  process.on('SIGUSR1', () => {
    writeLine('[INFO] SIGUSR1: Reloading')
    runtime.reload().catch(() => {}) // It has been logged, and the old configuration serves on.
  })
  process.on('SIGUSR2', () => {
    writeLine(
      '[ERROR] SIGUSR2: an upgrade in place is not part of this version; start another process and end this one',
    )
  })
  process.on('SIGHUP', () => {})
}
