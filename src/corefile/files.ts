import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hasWildcard, matchesGlob } from '#lib/glob.ts'

/** What `import` needs of a file system. */
export interface CorefileFiles {
  /** The text of a regular file, as UTF-8. Throws an Error whose message says why it cannot be read. */
  read(path: string): string
  /** Paths that match, sorted; a pattern without wildcards matches the file or directory of that name, if it exists. */
  glob(pattern: string): string[]
  isDirectory(path: string): boolean
}

/** An imported file larger than this is taken for a mistake. */
const MAX_FILE_BYTES = 16 << 20

/** The files of this machine. */
export const diskFiles: CorefileFiles = {
  read(path) {
    const status = statSync(path, { throwIfNoEntry: false })
    if (status === undefined) throw new Error('no such file')
    if (!status.isFile()) throw new Error('is not a regular file')
    if (status.size > MAX_FILE_BYTES) throw new Error(`is larger than ${MAX_FILE_BYTES >> 20} MiB`)
    return readText(path)
  },
  glob: globDisk,
  isDirectory: path => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error((error as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : String(error))
  }
}

function globDisk(pattern: string): string[] {
  const root = pattern.startsWith('/') ? '/' : ''
  let found = [root]
  for (const part of pattern.split('/').filter(name => name !== '')) {
    found = found.flatMap(directory => matchesIn(directory, part))
  }
  return pattern === '' ? [] : found
}

function matchesIn(directory: string, part: string): string[] {
  if (!hasWildcard(part)) return exists(join(directory, part)) ? [join(directory, part)] : []
  return namesIn(directory || '.')
    .filter(name => matchesGlob(part, name))
    .sort()
    .map(name => join(directory, name))
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false // A part of the path is a file, or may not be entered.
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return [] // As in every shell, what cannot be listed matches nothing.
  }
}
