import { readFileSync } from 'node:fs'

/**
 * Reads the Corefile that the command line names: `-conf FILE`, `-conf stdin` for a pipe, else `Corefile` in this
 * directory, else an empty one, which stands for the built-in. Throws when a file that was named cannot be read.
 */
export function corefileLoader(conf: string | null): () => { text: string; file: string } {
  if (conf === 'stdin') {
    const text = readFileSync(0, 'utf8')
    return () => ({ text, file: 'stdin' })
  }
  return () => {
    const file = conf ?? 'Corefile'
    try {
      return { text: readFileSync(file, 'utf8'), file }
    } catch (error) {
      if (conf === null && (error as NodeJS.ErrnoException).code === 'ENOENT') return { text: '', file }
      throw new Error(`loading Corefile: ${(error as Error).message}`, { cause: error })
    }
  }
}
