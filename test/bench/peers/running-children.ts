import type { ChildProcess } from 'node:child_process'

/** Processes that run now, so that none is left behind when the bench is interrupted. */
const running = new Set<ChildProcess>()

/** Remembers a child until it ends. */
export function track(child: ChildProcess): ChildProcess {
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

/** Kills all children that run, for an end without delay. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL')
}
