import { execFileSync } from 'node:child_process'
import process from 'node:process'

/** Where the server, the client and the API server of a benchmark run. */
export interface Places {
  /** Put before the command of the server; empty when it may run anywhere. */
  readonly server: readonly string[]
  /** The same in words. */
  readonly text: string
}

/** Gives the server the first processor for itself, and this process and its children the others, where that is allowed. */
export function ownProcessor(processors: number): Places {
  const others = processors === 2 ? '1' : `1-${processors - 1}`
  if (processors > 1 && run('taskset', ['-a', '-c', '-p', others, String(process.pid)])) {
    return { server: ['taskset', '-c', '0'], text: 'the server on a processor of its own' }
  }
  return { server: [], text: 'everything where the system puts it' }
}

/**
 * Has this process run before all others on its processors, where that is allowed, so that what it measures is not how long it
 * waits for one; what it returns ends that.
 */
export function runFirst(): () => void {
  const pid = String(process.pid)
  // SCHED_FIFO, which children do not inherit.
  const isFirst = run('chrt', ['-a', '-R', '-f', '-p', '10', pid])
  return () => {
    if (isFirst) run('chrt', ['-a', '-o', '-p', '0', pid])
  }
}

function run(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
