import { writeLine } from '#lib/output.ts'

/**
 * Keeps this thread running whatever is thrown: a throw that nobody caught is a bug of ours, and it must not take the
 * names of a whole cluster away.
 */
export function keepServing(): void {
  const report = (error: unknown): void => {
    writeLine(
      `[ERROR] Recovered from panic outside of a query: ${error instanceof Error ? error.stack : String(error)}`,
    )
  }
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}
