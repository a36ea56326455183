import type { Contender } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** What the transports reach when nothing has to be found out: the batched one, and a bare node:dgram socket. */
export const ceilings: readonly Contender[] = [
  echo('echo', 'batch', 'the ceiling: the batched transport with one fixed record'),
  echo('echo-dgram', 'dgram', 'the portable ceiling: a node:dgram socket with one fixed record'),
]

function echo(name: string, transport: string, note: string): Contender {
  return {
    name,
    kind: 'ceiling',
    program: process.execPath,
    versionArguments: null,
    sets: ALL_SETS,
    transport: 'udp',
    note,
    launch: ({ port, threads }) =>
      Promise.resolve({
        command: process.execPath,
        args: [`${REPOSITORY}test/bench/peers/echo.ts`, transport, String(port), String(threads)],
      }),
  }
}
