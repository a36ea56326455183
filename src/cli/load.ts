import { readFileSync } from 'node:fs'

/** The configuration that is used when there is none: every name is answered with who asked. */
function builtIn(port: number): string {
  return `.:${port} {\n    whoami\n    log\n}\n`
}

/**
 * Reads the Corefile that the command line names: `-conf FILE`, `-conf stdin` for a pipe, else `Corefile` in this
 * directory, else a built-in one. Throws when a file that was named cannot be read.
 */
export function corefileLoader(conf: string | null, port: number): () => { text: string; file: string } {
  if (conf === 'stdin') {
    const text = readFileSync(0, 'utf8')
    return () => orBuiltIn(text, 'stdin', port)
  }
  return () => {
    const file = conf ?? 'Corefile'
    try {
      return orBuiltIn(readFileSync(file, 'utf8'), file, port)
    } catch (error) {
      if (conf === null && (error as NodeJS.ErrnoException).code === 'ENOENT') return orBuiltIn('', file, port)
      throw new Error(`loading Corefile: ${(error as Error).message}`, { cause: error })
    }
  }
}

function orBuiltIn(text: string, file: string, port: number): { text: string; file: string } {
  return text.trim() === '' ? { text: builtIn(port), file } : { text, file }
}
