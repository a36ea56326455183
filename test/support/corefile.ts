import { normalize } from 'node:path'
import type { Environment } from '#corefile/environment.ts'
import { Problems } from '#corefile/error.ts'
import { explainProblem } from '#corefile/explain.ts'
import type { CorefileFiles } from '#corefile/files.ts'
import type { Corefile } from '#corefile/parser.ts'
import { parseCorefile } from '#corefile/parser.ts'
import { hasWildcard, matchesGlob } from '#lib/glob.ts'

/** What there is around a Corefile in a test. */
export interface CorefileWorld {
  /** Text by path; a path that ends with `/` is a directory. */
  readonly files?: Readonly<Record<string, string>>
  /** Paths of files that are there but cannot be read. */
  readonly unreadable?: readonly string[]
  readonly environment?: Environment
  /** Names of the plugins that exist. */
  readonly directives?: readonly string[]
  readonly defaultPort?: number
}

/** A Corefile that has been read, and all that was said about it. */
export interface ReadCorefile {
  readonly corefile: Corefile
  readonly problems: Problems
  /** The errors with their frames, in the order of the file. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Plugins that exist for tests of the file's own syntax. */
export const testDirectives: readonly string[] = ['errors', 'log', 'cache', 'forward', 'health', 'template', 'whoami']

/** Reads `text` as the file `Corefile` of a world in memory. */
export function readCorefile(text: string, world: CorefileWorld = {}): ReadCorefile {
  const problems = new Problems()
  const warnings: string[] = []
  const corefile = parseCorefile(text, 'Corefile', {
    directives: world.directives ?? testDirectives,
    problems,
    environment: world.environment ?? {},
    files: filesInMemory({ Corefile: text, ...world.files }, world.unreadable),
    defaultPort: world.defaultPort ?? 53,
    warn: message => warnings.push(message),
  })
  const errors = problems.inOrder(corefile.files).map(error => explainProblem(error, corefile.sources))
  return { corefile, problems, errors, warnings }
}

/** Files that exist only in a test, by path. */
export function filesInMemory(
  files: Readonly<Record<string, string>>,
  unreadable: readonly string[] = [],
): CorefileFiles {
  const paths = Object.keys(files).sort()
  const isDirectory = (path: string) => Object.hasOwn(files, `${path}/`)
  return {
    read(path) {
      if (unreadable.includes(path)) throw new Error('permission denied')
      if (!Object.hasOwn(files, path)) throw new Error('no such file')
      return files[path]!
    },
    glob(pattern) {
      const wanted = normalize(pattern)
      if (!hasWildcard(wanted)) return isDirectory(wanted) || Object.hasOwn(files, wanted) ? [wanted] : []
      return paths.map(path => path.replace(/\/$/, '')).filter(path => matchesGlob(wanted, path))
    },
    isDirectory,
  }
}
