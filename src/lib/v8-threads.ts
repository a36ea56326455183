import { readdirSync, readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { setFlagsFromString } from 'node:v8'

/** A directory for each thread of this process (proc(5)); Linux takes the number of one for that of a process. */
const TASKS = '/proc/self/task'

/** The first V8 that is sure to know the flag below: it prints an error about one that it does not know. Node 24 has 13. */
const FIRST_V8_WITH_FLAG = 13

/**
 * Has the threads in which V8 marks garbage and compiles give way to those that answer, where they share a processor: several at work
 * at once leave a thread of the same priority a fraction of it, for tens of milliseconds. On processors of their own they go on as
 * before. Nothing happens outside of Linux, and where V8's threads have no name of their own, as in Node 20.
 *
 * What V8 needed to compile a function is freed at once by the thread that runs it: left to a thread that gives way, it piled up under
 * load, some 50 MB.
 */
export function lowerV8Threads(): void {
  if (Number.parseInt(process.versions.v8, 10) >= FIRST_V8_WITH_FLAG)
    setFlagsFromString('--no-maglev-destroy-on-background')
  try {
    for (const task of readdirSync(TASKS)) {
      const isV8s = readFileSync(`${TASKS}/${task}/comm`, 'latin1').includes('V8Worker')
      if (isV8s) setPriority(Number(task), constants.priority.PRIORITY_LOW)
    }
  } catch {
    // No such files, or a system that forbids it.
  }
}
