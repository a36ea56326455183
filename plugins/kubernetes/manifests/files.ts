import { readFile, stat } from 'node:fs/promises'
import type { Logger } from '#plugin/log.ts'
import type { ManifestObject } from '#plugins/kubernetes/manifests/object.ts'
import { readManifest } from '#plugins/kubernetes/manifests/object.ts'
import { listFiles } from '#plugins/kubernetes/manifests/paths.ts'

interface KnownFile {
  /** What told the last version that was read from others; after `EMPTIED` when that had nothing in it and its objects are those before. */
  readonly fingerprint: string
  /** What the last version without an error held. */
  readonly objects: readonly ManifestObject[]
}

/** With this before it, it is the fingerprint of no file. */
const EMPTIED = 'emptied '

/** The manifest files below some paths, each read again only when it has changed. */
export class ManifestFiles {
  readonly #paths: readonly string[]
  readonly #log: Logger
  readonly #withZones: boolean
  #known = new Map<string, KnownFile>()

  /** `withZones` keeps the topology zones of endpoints. */
  constructor(paths: readonly string[], log: Logger, withZones: boolean) {
    this.#paths = paths
    this.#log = log
    this.#withZones = withZones
  }

  /** Rejects when a path that is no pattern leads nowhere, with what to do about it. */
  async checkPaths(): Promise<void> {
    for (const path of this.#paths) {
      const files = await listFiles(path).catch((error: NodeJS.ErrnoException) => {
        throw new Error(`cannot read manifests ${path}: ${error.code}: create it, or correct the option 'manifests'`)
      })
      if (files.length === 0) this.#log.warning(`no manifest files in ${path}`)
    }
  }

  /**
   * Looks at all files; whether any has been added, changed or removed. What is wrong with one is logged once. Rejects
   * when a directory cannot be listed.
   */
  async refresh(): Promise<boolean> {
    const listed = await Promise.all(this.#paths.map(path => listFiles(path).catch(noneIfGone)))
    const before = this.#known
    const known = new Map<string, KnownFile>()
    let changed = false
    for (const path of [...new Set(listed.flat())].sort()) {
      const last = before.get(path)
      const file = await this.#readIfChanged(path, last)
      if (file !== null) known.set(path, file)
      changed ||= file?.objects !== last?.objects
    }
    changed ||= known.size !== before.size
    this.#known = known
    return changed
  }

  /** The objects of all files, in the order of their paths. */
  objects(): ManifestObject[] {
    return [...this.#known.values()].flatMap(file => file.objects)
  }

  async #readIfChanged(path: string, last: KnownFile | undefined): Promise<KnownFile | null> {
    let fingerprint = ''
    try {
      // Before it is read: a change in between then shows as another one at the next look.
      const { ino, size, mtimeMs, ctimeMs } = await stat(path)
      fingerprint = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
      if (fingerprint === last?.fingerprint) return last
      const text = await readFile(path, 'utf8')
      // Whoever writes a file in place empties it first: it counts as empty only if it is at the next look as it was at this one.
      const emptied = `${EMPTIED}${fingerprint}`
      if (text === '' && last !== undefined && last.objects.length > 0 && last.fingerprint !== emptied) {
        return { fingerprint: emptied, objects: last.objects }
      }
      const { objects, errors } = readManifest(text, path, this.#withZones)
      for (const error of errors) this.#log.error(error.message)
      return { fingerprint, objects: errors.length === 0 ? objects : (last?.objects ?? []) }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      if (code === 'ENOENT') return null
      if (fingerprint !== last?.fingerprint) this.#log.error(`cannot read ${path}: ${code}`)
      return { fingerprint, objects: last?.objects ?? [] }
    }
  }
}

function noneIfGone(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
