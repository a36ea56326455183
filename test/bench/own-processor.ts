import { execFileSync } from 'node:child_process'
import process from 'node:process'

/** Where the server, the client and the API server of a benchmark run. */
export interface Places {
  /** Put before the command of the server; empty when it may run anywhere. */
  readonly server: readonly string[]
  /** Put before the command of the client. */
  readonly client: readonly string[]
  /** The same in words. */
  readonly text: string
}

/** Everything where the system puts it. */
export const ANYWHERE: Places = { server: [], client: [], text: 'everything where the system puts it' }

/**
 * Gives the first processor to the server and its client, and the others to this process and its children, where that is
 * allowed. The client comes before the server there: beside an API server it would wait for that. It is not given SCHED_FIFO: for
 * what else is there to run, Linux takes the processor from such a process for 50 ms of each second.
 */
export function ownProcessor(processors: number): Places {
  const others = processors === 2 ? '1' : `1-${processors - 1}`
  if (processors > 1 && run('taskset', ['-a', '-c', '-p', others, String(process.pid)])) {
    return {
      server: ['taskset', '-c', '0'],
      client: ['taskset', '-c', '0', 'nice', '-n', '-20'],
      text: 'the server and its client on a processor of their own',
    }
  }
  return ANYWHERE
}

function run(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
