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
  /** Where a value is, at little cost: `file:line` in YAML, the way to it in JSON (`file: items[2]`). */
  placeOf(path: Path): string
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
  const placeOf = (path: Path): string => (path.length === 0 ? file : `${file}: ${pathText(path)}`)
  return [{ file, value, lineOf, placeOf }]
}

function readYaml(text: string, file: string): ManifestDocument[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true })
  return [...documents].map(document => {
    const error: YAMLError | undefined = document.errors[0]
    if (error !== undefined) throw new ManifestError(file, lines.linePos(error.pos[0]).line, error.message)
    const lineOf = (path: Path): number => lineAt(document, path, lines)
    const placeOf = (path: Path): string => `${file}:${lineOf(path)}`
    return { file, value: plainValue(document, file, lines), lineOf, placeOf }
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

function pathText(path: Path): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('')
}
