import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Makes dist/ from src and plugins: JavaScript for Node 20 and newer, ready for `npm pack dist`. The checkout itself needs
 * no build, since Node 26 runs the TypeScript; but no Node strips types below node_modules.
 */
function build(): void {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  rmSync('dist', { recursive: true, force: true })
  compile()
  writeFileSync('dist/package.json', `${JSON.stringify(distManifest(), null, 2)}\n`)
  chmodSync('dist/src/main.js', 0o755)
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
    if (existsSync(file)) copyFileSync(file, `dist/${file}`)
  }
  process.stdout.write('Built dist/: run it with `node dist/src/main.js`, or pack it with `npm pack ./dist`.\n')
}

/** What tsc says of each subpath import: that `#wire/name.ts` stays as it is. It does; dist/package.json resolves it. */
const SUBPATH_IMPORT_KEPT = 'error TS2877'

/** Compiles with the features of Node 20 only: tsconfig.build.json names an older library than tsconfig.json. */
function compile(): void {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  const args = [tsc, '-p', 'tsconfig.build.json', '--pretty', 'false']
  const { stdout, stderr, error } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 << 20 })
  if (error !== undefined) throw error
  const problems = (stdout + stderr).split('\n').filter(line => line !== '' && !line.includes(SUBPATH_IMPORT_KEPT))
  if (problems.length === 0) return
  rmSync('dist', { recursive: true, force: true })
  process.stderr.write(
    `Cannot build dist/; what Node 20 lacks must not be used in src and plugins:\n${problems.join('\n')}\n`,
  )
  process.exit(1)
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly type: string
  readonly engines: Readonly<Record<string, string>>
  readonly imports: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** The package.json of the compiled package: no scripts, and subpath imports that end in compiled files. */
function distManifest(): object {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
  const { name, version, description, license, type, engines, dependencies } = manifest
  const imports = Object.fromEntries(
    Object.entries(manifest.imports)
      .filter(([pattern]) => pattern !== '#test/*')
      .map(([pattern, target]) => [`${pattern}.ts`, `${target}.js`]),
  )
  return { name, version, description, license, type, bin: { nodens: 'src/main.js' }, engines, imports, dependencies }
}

build()
