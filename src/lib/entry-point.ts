import { extname } from 'node:path'

/** The module that a thread is to run, by its path from the root of the package, without an ending: that of this file, compiled or not. */
export function entryPoint(path: string): URL {
  return new URL(`../../${path}${extname(import.meta.url)}`, import.meta.url)
}
