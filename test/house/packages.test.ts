import assert from 'node:assert/strict'
import test from 'node:test'
import { assertNone, filesMatching, productionFiles, readText } from '#test/support/source.ts'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readText('package.json')) as Manifest
const page = readText('docs/dependencies.md')

/** Packages that are used by their commands or by the compiler, not by an import. */
const tools = ['@biomejs/biome', '@types/node', 'node', 'typescript']

test('docs/dependencies.md has a row for each package in package.json, and no other', () => {
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(row => row[1]!).sort()
  const packages = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)].sort()
  assert.deepEqual(rows, packages, 'Say in docs/dependencies.md why a package is there and what it costs')
})

test('packages are pinned to one version', () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  )
  assertNone(
    loose.map(([name, version]) => `${name} ${version}`),
    'Write the version as it is installed, without ^ or ~:',
  )
})

test('every package that is installed in production is imported there', () => {
  const imported = importedPackages(productionFiles().map(({ text }) => text))
  const unused = Object.keys(manifest.dependencies).filter(name => !imported.has(name))
  assertNone(unused, 'Take it out of package.json and docs/dependencies.md, or move it to devDependencies:')
})

test('code that runs in production imports packages of production only', () => {
  const imported = importedPackages(productionFiles().map(({ text }) => text))
  const missing = [...imported].filter(name => manifest.dependencies[name] === undefined)
  assertNone(missing, 'Add it to dependencies, with its row in docs/dependencies.md, or do without:')
})

test('every package for development is used', () => {
  const imported = importedPackages(filesMatching('{src,plugins,test,scripts}/**/*.ts').map(({ text }) => text))
  const unused = Object.keys(manifest.devDependencies).filter(name => !imported.has(name) && !tools.includes(name))
  assertNone(unused, 'Take it out of package.json and docs/dependencies.md:')
})

function importedPackages(texts: readonly string[]): Set<string> {
  const specifiers = texts.flatMap(text => [
    ...text.matchAll(/^(?:import|export)\b[^'"`;]*?\bfrom '([^'#.][^']*)'|\b(?:import|require)\('([^'#.][^']*)'\)/gm),
  ])
  const names = specifiers.map(({ 1: fixed, 2: dynamic }) => (fixed ?? dynamic)!)
  return new Set(
    names
      .filter(name => !name.startsWith('node:'))
      .map(name =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  )
}
