import { readFileSync } from 'node:fs'
import { cLibrary, whyNoCLibrary } from '#net/batch/c-library.ts'
import { clientFunctions } from '#test/bench/peers/steady/c-functions.ts'
import { SteadyClient } from '#test/bench/peers/steady/client.ts'
import { Questions } from '#test/bench/peers/steady/questions.ts'
import { reportOf } from '#test/bench/peers/steady/report.ts'

// Asks a server at 127.0.0.1 over UDP at a steady rate and prints, as JSON, how long the answers took.
//   node test/bench/peers/steady/main.ts PORT FILE QUERIES-PER-SECOND SECONDS CLIENTS
// FILE has the questions in dnsperf's form: a name and a type a line.

const [port, file, queriesPerSecond, seconds, clients] = process.argv.slice(2)
const c = cLibrary()
const functions = clientFunctions()
if (c === null || functions === null) fail(`the steady client needs node:ffi: ${whyNoCLibrary()}`)
const client = new SteadyClient(c, functions, {
  port: number('PORT', port, 65_535),
  questions: new Questions(c, readFileSync(file!, 'utf8')),
  queriesPerSecond: number('QUERIES-PER-SECOND', queriesPerSecond, 1_000_000),
  seconds: number('SECONDS', seconds, 60),
  clients: number('CLIENTS', clients, 1024),
})
globalThis.gc?.() // With --expose-gc: what was left of encoding is not collected midway.
const result = client.run()
if (result.latencies.length === 0) fail(`nobody answers at port ${port}: ${result.sent} questions were sent`)
process.stdout.write(`${JSON.stringify(reportOf(result))}\n`)

function number(what: string, text: string | undefined, most: number): number {
  const value = Number(text)
  if (value > 0 && value <= most) return value
  return fail(`${what} ${text}: a number above 0 and up to ${most} is needed`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
