import type { Dirent } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import { isAbsolute, join, parse } from 'node:path'
import { hasWildcard, matchesGlob } from '#lib/glob.ts'

/**
 * The paths that a pattern matches, segment by segment: `*` and `?` stand for anything but `/`, the segment `**` for any
 * number of directories. Names that begin with a dot are matched only by segments that do. Directories that cannot be read
 * match nothing.
 */
export async function expandGlob(pattern: string): Promise<string[]> {
  const root = isAbsolute(pattern) ? parse(pattern).root : ''
  const segments = pattern
    .slice(root.length)
    .split('/')
    .filter(segment => segment !== '')
  const found = new Set(await expand(root, segments))
  return [...found].sort()
}

async function expand(base: string, segments: readonly string[]): Promise<string[]> {
  const [segment, ...rest] = segments
  if (segment === undefined) return (await isThere(base)) ? [base] : []
  if (segment === '**') return [...(await expand(base, rest)), ...(await below(base, segments))]
  if (!hasWildcard(segment)) return expand(join(base, segment), rest)
  const entries = await entriesOf(base)
  const names = entries.map(entry => entry.name).filter(name => isVisible(segment, name) && matchesGlob(segment, name))
  return (await Promise.all(names.map(name => expand(join(base, name), rest)))).flat()
}

/** The same pattern in each directory of `base`; links are not followed, so that it ends. */
async function below(base: string, segments: readonly string[]): Promise<string[]> {
  const directories = (await entriesOf(base)).filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
  return (await Promise.all(directories.map(({ name }) => expand(join(base, name), segments)))).flat()
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory === '' ? '.' : directory, { withFileTypes: true }).catch(() => [])
}

function isVisible(segment: string, name: string): boolean {
  return segment.startsWith('.') || !name.startsWith('.')
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
