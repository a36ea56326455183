import type { CorefileFiles } from '#corefile/files.ts'

/** What reading a configuration found in the file system, as plain data. */
export interface FileRecord {
  readonly texts: Map<string, string>
  readonly globs: Map<string, string[]>
  readonly directories: Map<string, boolean>
}

/** Files that remember what they were asked, so that another thread can read the very same configuration. */
export function recordFiles(files: CorefileFiles): { files: CorefileFiles; record: FileRecord } {
  const record: FileRecord = { texts: new Map(), globs: new Map(), directories: new Map() }
  const recording: CorefileFiles = {
    read: path => keep(record.texts, path, files.read(path)),
    glob: pattern => keep(record.globs, pattern, files.glob(pattern)),
    isDirectory: path => keep(record.directories, path, files.isDirectory(path)),
  }
  return { files: recording, record }
}

/** The files as they were when the record was made; what was not asked then is not there. */
export function recordedFiles({ texts, globs, directories }: FileRecord): CorefileFiles {
  return {
    read(path) {
      const text = texts.get(path)
      if (text === undefined) throw new Error('no such file')
      return text
    },
    glob: pattern => globs.get(pattern) ?? [],
    isDirectory: path => directories.get(path) ?? false,
  }
}

function keep<T>(kept: Map<string, T>, path: string, value: T): T {
  kept.set(path, value)
  return value
}
