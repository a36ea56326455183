import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// V8 shows its collector only in contexts that are made after it was told to.
setFlagsFromString('--expose-gc')

/** Has V8 collect all that nothing refers to. */
export const collectGarbage: () => void = runInNewContext('gc')

/** What is in use when nothing more can be collected, in octets: some is let go only by what ran after the first collection. */
export function memoryInUse(): NodeJS.MemoryUsage {
  for (let i = 0; i < 3; i++) collectGarbage()
  return process.memoryUsage()
}
