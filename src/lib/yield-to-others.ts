import { stat } from 'node:fs/promises'
import { setPriority } from 'node:os'
import process from 'node:process'
import { nodeFfi } from '#lib/node-ffi.ts'

const SCHED_IDLE = 5
const LOWEST_PRIORITY = 19
/** Stands for the calling thread. */
const SELF = 0

/**
 * Has this thread give way at once to whatever else there is to run: by SCHED_IDLE, else by the lowest priority, which Linux knows for
 * each thread. Elsewhere nothing happens, since a priority would be that of the process.
 */
export async function yieldToOthers(): Promise<void> {
  if (process.platform !== 'linux') return
  // Threads have the priority of the one that starts them: this starts those which all of the process shares for files.
  await stat(process.execPath)
  if (!becomeIdle()) setPriority(SELF, LOWEST_PRIORITY)
}

/** False without node:ffi, and with musl, whose sched_setscheduler does nothing. */
function becomeIdle(): boolean {
  try {
    const ffi = nodeFfi()
    if (ffi === undefined) return false
    const { functions } = ffi.dlopen(null, {
      sched_setscheduler: { arguments: ['i32', 'i32', 'pointer'], return: 'i32' },
    })
    const parameters = new Int32Array(1)
    return functions.sched_setscheduler(SELF, SCHED_IDLE, ffi.getRawPointer(parameters.buffer)) === 0
  } catch {
    return false // A Node that is forbidden to use it.
  }
}
