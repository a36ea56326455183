import { dirname, join } from 'node:path/posix'
import test from 'node:test'
import type { SourceFile } from '#test/support/source.ts'
import { assertNone, filesMatching, lineAt, productionFiles } from '#test/support/source.ts'

/** An import statement within the repository. */
interface Edge {
  readonly from: string
  readonly to: string
  readonly line: number
  /** Erased when the program runs. */
  readonly typeOnly: boolean
}

/** What each part of the house may import besides itself: lib <- wire <- corefile <- plugin <- plugins. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/lib': [],
  'src/wire': ['src/lib'],
  'src/corefile': ['src/lib', 'src/wire'],
  'src/plugin': ['src/lib', 'src/wire', 'src/corefile'],
  'src/net': ['src/lib', 'src/wire'],
  'src/server': ['src/lib', 'src/wire', 'src/corefile', 'src/plugin', 'src/net'],
  'src/cli': ['src/lib', 'src/wire', 'src/corefile', 'src/plugin', 'src/server'],
  'src/main.ts': ['src/cli', 'plugins/order.ts'],
  'src/thread.ts': ['src/server', 'plugins/order.ts'],
  'plugins/*': ['src/lib', 'src/wire', 'src/corefile', 'src/plugin', 'src/net/upstream', 'src/net/address.ts'],
}

const files = productionFiles()
const edges = files.flatMap(edgesOf)

test('parts of the house import only what lies below them', () => {
  const broken = edges.filter(edge => !isAllowed(edge)).map(({ from, to, line }) => `${from}:${line} imports ${to}`)
  assertNone(
    broken,
    'Move what is shared to a lower part (lib <- wire <- corefile <- plugin <- plugins; net -> wire, lib; server -> all ' +
      'but plugins), or hand it over as a typed capability (src/plugin/capability.ts):',
  )
})

test('no plugin imports another plugin', () => {
  const broken = edges.filter(({ from, to }) => {
    return (
      from.startsWith('plugins/') &&
      from !== 'plugins/order.ts' &&
      to.startsWith('plugins/') &&
      pluginOf(from) !== pluginOf(to)
    )
  })
  assertNone(
    broken.map(({ from, to, line }) => `${from}:${line} imports ${to}`),
    'Plugins meet through a capability: define it in src/plugin, `env.provide` it in one and ask `env.offers` in the other:',
  )
})

test('nothing imports main.ts or thread.ts, and only they import the list of plugins', () => {
  const entries = ['src/main.ts', 'src/thread.ts']
  const broken = edges.filter(({ from, to }) => {
    return entries.includes(to) || (to === 'plugins/order.ts' && !entries.includes(from))
  })
  assertNone(
    broken.map(({ from, to, line }) => `${from}:${line} imports ${to}`),
    'Take the plugins as a parameter, as src/cli does:',
  )
})

test('what runs in production imports nothing from test', () => {
  const broken = edges.filter(({ to }) => to.startsWith('test/'))
  assertNone(
    broken.map(({ from, to, line }) => `${from}:${line} imports ${to}`),
    'Move what both need into src:',
  )
})

test('no cycle among modules, imports of types left out', () => {
  assertNone(
    cycles(edges.filter(edge => !edge.typeOnly)),
    'Break the cycle: move what both sides need into a module of its own:',
  )
})

test('every import names a file that is there', () => {
  const present = new Set(filesMatching('{src,plugins,test,scripts}/**/*.ts').map(({ path }) => path))
  const broken = edges.filter(({ to }) => !present.has(to))
  assertNone(
    broken.map(({ from, to, line }) => `${from}:${line} imports ${to}`),
    'Correct the path; a relative path stays within its folder, any other starts with # as in package.json "imports":',
  )
})

function edgesOf({ path, text }: SourceFile): Edge[] {
  const statements = text.matchAll(
    /^(?:import|export)\b(\s+type\b)?[^'"`;]*?\bfrom\s+'([^']+)'|\bimport\('([^']+)'\)/gm,
  )
  return [...statements].flatMap(({ 1: type, 2: fixed, 3: dynamic, index }) => {
    const to = resolveImport(path, (fixed ?? dynamic)!)
    return to === null ? [] : [{ from: path, to, line: lineAt(text, index), typeOnly: type !== undefined }]
  })
}

/** The file within the repository that a specifier means; `null` for packages and Node's own modules. */
function resolveImport(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(from), specifier)
  if (!specifier.startsWith('#')) return null
  const path = specifier.slice(1)
  return /^(plugins|test)\//.test(path) ? path : `src/${path}`
}

/** `src/wire` of `src/wire/name.ts`, `plugins/*` of any file of a plugin. */
function partOf(path: string): string {
  const [top, folder] = path.split('/')
  if (['plugins/order.ts', 'src/main.ts', 'src/thread.ts'].includes(path)) return path
  return top === 'plugins' ? 'plugins/*' : `${top}/${folder}`
}

function pluginOf(path: string): string {
  return path.split('/')[1]!
}

function isAllowed({ from, to }: Edge): boolean {
  const part = partOf(from)
  if (part === 'plugins/order.ts') return to.startsWith('plugins/') || to.startsWith('src/plugin/')
  if (part === partOf(to)) return true // Another rule keeps plugins apart.
  return (allowed[part] ?? []).some(target => to === target || to.startsWith(`${target}/`))
}

/** Each cycle once, as the path around it. */
function cycles(all: readonly Edge[]): string[] {
  const targets = Map.groupBy(all, edge => edge.from)
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) found.push([...trail.slice(at), path].join(' -> '))
    if (at >= 0 || done.has(path)) return
    for (const { to } of targets.get(path) ?? []) visit(to, [...trail, path])
    done.add(path)
  }
  for (const from of targets.keys()) visit(from, [])
  return found
}
