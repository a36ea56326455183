import test from 'node:test'
import type { SourceFile } from '#test/support/source.ts'
import { assertNone, filesMatching, lineAt, productionFiles } from '#test/support/source.ts'

/** Lines that a file may have before it has to say why. */
const MAX_LINES = 400

/** Files that may be longer, and the reason. */
const longFiles: Readonly<Record<string, string>> = {}

/** Files whose exports are documented elsewhere, and where. */
const documentedElsewhere: Readonly<Record<string, string>> = {
  'src/net/batch/linux.ts': 'the numbers carry the names of Linux, whose manual pages explain them',
}

const production = productionFiles()
const everything = filesMatching('{src,plugins,test,scripts}/**/*.ts').filter(
  ({ path }) => !path.startsWith('test/house/'),
)

test('chance comes from node:crypto', () => {
  assertNone(
    places(everything, /Math\.random/g),
    'Math.random can be predicted: use randomInt or randomFillSync of node:crypto, or the seeded generator in tests:',
  )
})

test('nothing is left to be done later', () => {
  assertNone(
    places(everything, /\b(TODO|FIXME|XXX|HACK)\b/g),
    'Do it now, or leave the thing out and say so in the README (Bugs) or the CHANGELOG:',
  )
})

test('no value has the type any', () => {
  assertNone(
    places(everything, /(:|\bas|<|=>|\|)\s*any\b(?![\w'-])(?=\s*[,;)>=|&[\]}\n])/g),
    'Write the type, or `unknown` and narrow it:',
  )
})

test('a suppressed check says why', () => {
  const broken = places(everything, /@ts-(ignore|nocheck)|@ts-expect-error\s*$|biome-ignore[^:\n]*(:\s*)?$/gm)
  assertNone(broken, 'Give the reason on the same line (and use @ts-expect-error rather than @ts-ignore):')
})

test('what is exported says what it is', () => {
  const files = [...production, ...filesMatching('test/support/*.ts')]
  assertNone(
    files.flatMap(undocumented),
    'Write a docstring above it: one sentence on what it is, then units, ranges, errors or the RFC where they matter:',
  )
})

test('files are short', () => {
  const long = everything
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > MAX_LINES && longFiles[path] === undefined)
  assertNone(
    long.map(({ path, lines }) => `${path}: ${lines} lines`),
    `Give each concept a file of its own (at most ${MAX_LINES} lines), or list the file here with the reason:`,
  )
})

test('a long file that got short is taken off the list', () => {
  const lengths = new Map(everything.map(({ path, text }) => [path, text.split('\n').length - 1]))
  const stale = Object.keys(longFiles).filter(path => (lengths.get(path) ?? 0) <= MAX_LINES)
  assertNone(stale, 'Take it out of longFiles in test/house/source.test.ts:')
})

test('no folder or file is a drawer for everything', () => {
  const drawers = /(^|\/)((utils?|helpers?|common|misc|shared)(\.ts|\/)|index\.ts)/
  const broken = everything.map(({ path }) => path).filter(path => drawers.test(path) && !isPluginIndex(path))
  assertNone(broken, 'Name the file after the one concept in it:')
})

test('exports have names', () => {
  const broken = places(
    everything.filter(({ path }) => path !== 'test/support/reporter.ts'),
    /^export (default|\*)/gm,
  )
  assertNone(broken, 'Export by name, from the module that defines it:')
})

function places(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => `${path}:${lineAt(text, index)}: ${found.trim()}`),
  )
}

/** Exports without a comment that ends on the line above. Overloads and a type named like the value before it share one. */
function undocumented({ path, text }: SourceFile): string[] {
  if (documentedElsewhere[path] !== undefined) return []
  const lines = text.split('\n')
  const broken: string[] = []
  let documented = ''
  for (const [index, line] of lines.entries()) {
    const name = /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|interface|type) (\w+)/.exec(
      line,
    )?.[1]
    if (name === undefined || name === documented) continue
    if (lines[index - 1]?.trimEnd().endsWith('*/')) documented = name
    else if (!/^\s*\/\/ biome-ignore/.test(lines[index - 1] ?? '')) broken.push(`${path}:${index + 1}: ${name}`)
  }
  return broken
}

function isPluginIndex(path: string): boolean {
  return /^plugins\/[\w-]+\/index\.ts$/.test(path)
}
