import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/**
 * Packages that become a part of the files, by the module that does: yaml has 73 of its own, the build for browsers is the same as modules
 * of ECMAScript, and to read them took a tenth of a start from manifests.
 */
const BUNDLED: Readonly<Record<string, string>> = { yaml: './node_modules/yaml/browser/index.js' }

/**
 * Makes dist/ from src and plugins: JavaScript for Node 20 and newer, ready for `npm pack dist`. The checkout itself needs
 * no build, since Node 26 runs the TypeScript; but no Node strips types below node_modules.
 */
function build(): void {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  rmSync('dist', { recursive: true, force: true })
  check()
  bundle()
  writeFileSync('dist/package.json', `${JSON.stringify(distManifest(), null, 2)}\n`)
  chmodSync('dist/src/main.js', 0o755)
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
    if (existsSync(file)) copyFileSync(file, `dist/${file}`)
  }
  for (const name of Object.keys(BUNDLED)) copyFileSync(`node_modules/${name}/LICENSE`, `dist/src/lib/${name}.LICENSE`)
  process.stdout.write('Built dist/: run it with `node dist/src/main.js`, or pack it with `npm pack ./dist`.\n')
}

/** Checks that only features of Node 20 are used: tsconfig.build.json names an older library than tsconfig.json. */
function check(): void {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  const args = [tsc, '-p', 'tsconfig.build.json', '--pretty', 'false']
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 << 20 })
  if (error !== undefined) throw error
  if (status === 0) return
  process.stderr.write(
    `Cannot build dist/; what Node 20 lacks must not be used in src and plugins:\n${stdout}${stderr}\n`,
  )
  process.exit(1)
}

/**
 * Writes all of src and plugins to a few files. As one file for each module, the server takes 10 MB more memory and longer to
 * start, for V8 optimizes the module loader on the way through some 370 of them. What is imported on demand stays apart, and
 * most packages stay packages.
 */
function bundle(): void {
  buildSync({
    entryPoints: ['src/main.ts', 'src/thread.ts', 'plugins/kubernetes/api/follower-worker.ts'],
    bundle: true,
    splitting: true,
    external: Object.keys(notBundled(readManifest().dependencies)),
    alias: BUNDLED,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outdir: 'dist',
    // In src/lib, from where src/lib/version.ts and src/lib/entry-point.ts look for other files.
    chunkNames: 'src/lib/[name]-[hash]',
    logLevel: 'warning',
  })
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly type: string
  readonly engines: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** The package.json of the compiled package: no scripts, and no subpath imports, which are resolved already. */
function distManifest(): object {
  const { name, version, description, license, type, engines, dependencies } = readManifest()
  const bin = { nodens: 'src/main.js' }
  return { name, version, description, license, type, bin, engines, dependencies: notBundled(dependencies) }
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
}

function notBundled(dependencies: Manifest['dependencies']): Manifest['dependencies'] {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => !(name in BUNDLED)))
}

build()
