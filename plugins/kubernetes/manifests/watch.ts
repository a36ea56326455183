import type { FSWatcher } from 'node:fs'
import { statSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { globBase, isGlob } from '#plugins/kubernetes/manifests/paths.ts'

/**
 * Calls `changed` whenever something happens at or below the paths, perhaps more often than needed. A path that the
 * system cannot watch is left to whoever looks from time to time. Returns what ends it.
 */
export function watchPaths(paths: readonly string[], changed: () => void): () => void {
  const watchers: FSWatcher[] = []
  for (const path of paths) {
    try {
      const { directory, recursive } = watchTarget(path)
      const watcher = watch(directory, { recursive, persistent: false }, changed)
      watcher.on('error', () => watcher.close())
      watchers.push(watcher)
    } catch {
      // Out of watches, or the path is gone: `changed` is then called for it by nobody, as documented.
    }
  }
  return () => {
    for (const watcher of watchers) watcher.close()
  }
}

/** A single file is watched through its directory, as it may be replaced by another under its name. */
function watchTarget(path: string): { directory: string; recursive: boolean } {
  if (isGlob(path)) return { directory: globBase(path), recursive: true }
  const isDirectory = statSync(path).isDirectory()
  return { directory: isDirectory ? path : dirname(path), recursive: isDirectory }
}
