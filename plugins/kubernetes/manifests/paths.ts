import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, extname, join, parse } from 'node:path'
import { hasWildcard } from '#lib/glob.ts'
import { expandGlob } from '#plugins/kubernetes/manifests/expand-glob.ts'

const MANIFEST_EXTENSIONS = new Set(['.yaml', '.yml', '.json'])

/** Whether a path is a pattern rather than the name of one file or directory. */
export function isGlob(path: string): boolean {
  return hasWildcard(path)
}

/** The directory that everything a pattern can match lies in. */
export function globBase(pattern: string): string {
  let base = pattern
  while (isGlob(base) && base !== parse(base).root) base = dirname(base)
  return base
}

/**
 * The files that a path stands for: itself, the manifest files in and below a directory, or what a pattern matches.
 * Entries whose name begins with a dot are passed over, as mounted ConfigMaps keep every file a second time below such
 * directories. Rejects with ENOENT when a path that is no pattern leads nowhere.
 */
export async function listFiles(path: string): Promise<string[]> {
  if (isGlob(path)) return matchingFiles(path)
  return (await stat(path)).isDirectory() ? filesBelow(path, new Set()) : [path]
}

async function matchingFiles(pattern: string): Promise<string[]> {
  const files: string[] = []
  for (const path of await expandGlob(pattern)) if (await isFile(path)) files.push(path)
  return files
}

/** `visited` holds the directories above, so that a link to one of them ends there. */
async function filesBelow(directory: string, visited: ReadonlySet<string>): Promise<string[]> {
  const real = await realpath(directory)
  if (visited.has(real)) return []
  const files: string[] = []
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const path = join(directory, entry.name)
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry
    if (kind?.isDirectory() === true) files.push(...(await filesBelow(path, new Set([...visited, real]))))
    else if (kind?.isFile() === true && MANIFEST_EXTENSIONS.has(extname(path))) files.push(path)
  }
  return files
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true
}
