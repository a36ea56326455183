import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const READINGS = 7

// V8 shows its collector only in contexts that are made after it was told to.
setFlagsFromString('--expose-gc')

/** Has V8 collect all that nothing refers to. */
export const collectGarbage: () => void = runInNewContext('gc')

/**
 * Octets of V8's heap that each of `count` times that `run` does something leaves: of several readings the least, since one may meet the
 * compiler at work, which allocates too. `count` is to be so small that all of it fits the young generation.
 */
export function octetsEach(count: number, run: () => void): number {
  const readings = Array.from({ length: READINGS }, () => {
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    run()
    return (process.memoryUsage().heapUsed - before) / count
  })
  return Math.min(...readings)
}

/** What is in use when nothing more can be collected, in octets: some is let go only by what ran after the first collection. */
export function memoryInUse(): NodeJS.MemoryUsage {
  for (let i = 0; i < 3; i++) collectGarbage()
  return process.memoryUsage()
}
