import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { isInstalled } from '#test/support/installed.ts'

/** Which processors the servers and the load run on. */
export interface Pinning {
  /** Put before a command that serves; empty when it may run anywhere. */
  readonly server: readonly string[]
  /** Put before a command that asks. */
  readonly load: readonly string[]
  /** How many processors the load has to itself; 0 when it shares them with the server. */
  readonly loadProcessors: number
  /** The same in words. */
  readonly text: string
}

/** The first processors for the server, one for each thread, all others for the load, if there are enough and taskset is there. */
export function pinning(threads: number): Pinning {
  const processors = availableParallelism()
  if (!isInstalled('taskset')) return anywhere('taskset is not installed')
  if (processors <= threads) return anywhere(`${threads} serving threads and the load share ${processors} processors`)
  const server = threads === 1 ? '0' : `0-${threads - 1}`
  const load = processors === threads + 1 ? String(threads) : `${threads}-${processors - 1}`
  return {
    server: ['taskset', '-c', server],
    load: ['taskset', '-c', load],
    loadProcessors: processors - threads,
    text: `server on processor ${server}, load on ${load}`,
  }
}

/** Has the bench itself, with the upstream in it, and what it starts hereafter run beside the load, off the server's processors. */
export function runBesideLoad({ load }: Pinning): void {
  const [taskset, , processors] = load
  if (taskset !== undefined) execFileSync(taskset, ['-acp', processors!, String(process.pid)], { stdio: 'ignore' })
}

function anywhere(reason: string): Pinning {
  return { server: [], load: [], loadProcessors: 0, text: `processes are not pinned: ${reason}` }
}
