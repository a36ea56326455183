import type { Document, YAMLError } from 'yaml'
import { isNode, LineCounter, parseAllDocuments } from 'yaml'
import { ManifestError } from '#plugins/kubernetes/manifests/error.ts'

/** Keys and indexes that lead from the top of a document to a value. */
export type Path = readonly (string | number)[]

/** More aliases than this for one anchor are taken for an attack on memory. */
const MAX_ALIASES = 100

/** One document of a manifest file as plain data that remembers its lines. */
export interface ManifestDocument {
  readonly file: string
  readonly value: unknown
  /** The 1-based line of a value, or of the nearest thing around it that was written. */
  lineOf(path: Path): number
}

/** The documents of a file, in order. Throws the ManifestError for the first thing that is not YAML or JSON. */
export function readDocuments(text: string, file: string): ManifestDocument[] {
  return file.endsWith('.json') ? readJson(text, file) : readYaml(text, file)
}

/** JSON.parse is many times faster than the YAML reader, which is only needed to find a line. */
function readJson(text: string, file: string): ManifestDocument[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return readYaml(text, file)
  }
  let yaml: ManifestDocument[] | null = null
  const lineOf = (path: Path): number => {
    yaml ??= readYaml(text, file)
    return yaml[0]?.lineOf(path) ?? 1
  }
  return [{ file, value, lineOf }]
}

function readYaml(text: string, file: string): ManifestDocument[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true })
  return [...documents].map(document => {
    const error: YAMLError | undefined = document.errors[0]
    if (error !== undefined) throw new ManifestError(file, lines.linePos(error.pos[0]).line, error.message)
    return { file, value: plainValue(document, file, lines), lineOf: path => lineAt(document, path, lines) }
  })
}

function plainValue(document: Document, file: string, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw new ManifestError(file, lineAt(document, [], lines), (error as Error).message)
  }
}

function lineAt(document: Document, path: Path, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length--) {
    const found = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(found) && found.range != null) return lines.linePos(found.range[0]).line
  }
  return 1
}
