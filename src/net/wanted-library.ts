import process from 'node:process'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'

/** Whether the environment variable `NODENS_UDP=dgram` forces what works everywhere. */
export function isForcedPortable(): boolean {
  return process.env['NODENS_UDP'] === 'dgram'
}

/** The C library, to do UDP with it; `null` where node:dgram is all there is, or is forced. */
export function wantedLibrary(): CLibrary | null {
  return isForcedPortable() ? null : cLibrary()
}
