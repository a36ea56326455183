import assert from 'node:assert/strict'
import { globSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Directory of the repository, with a slash at the end. */
export const REPOSITORY: string = fileURLToPath(new URL('../../', import.meta.url))

/** A file of the repository as the rules of the house look at it. */
export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string
  readonly text: string
}

/** The files that match any of some globs relative to the repository, sorted by path. */
export function filesMatching(...globs: string[]): SourceFile[] {
  return globSync(globs, { cwd: REPOSITORY })
    .filter(path => !path.startsWith('node_modules') && statSync(REPOSITORY + path).isFile())
    .sort()
    .map(path => ({ path, text: readText(path) }))
}

/** What runs in production: TypeScript under src and plugins without the tests beside it. */
export function productionFiles(): SourceFile[] {
  return filesMatching('{src,plugins}/**/*.ts').filter(({ path }) => !path.endsWith('.test.ts'))
}

/** The text of a file, by path relative to the repository. */
export function readText(path: string): string {
  return readFileSync(REPOSITORY + path, 'utf8')
}

/** Number of the line that an offset is on, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** Fails with `remedy`, the sentence that says what to do, above the places that break the rule. */
export function assertNone(broken: readonly string[], remedy: string): void {
  assert.ok(broken.length === 0, `${remedy}\n${[...new Set(broken)].map(each => `  - ${each}`).join('\n')}`)
}
