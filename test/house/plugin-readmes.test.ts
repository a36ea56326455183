import test from 'node:test'
import type { Readers, ReadOptions } from '#corefile/directive.ts'
import { Directive } from '#corefile/directive.ts'
import { plugins } from '#plugins/order.ts'
import { planConfiguration } from '#server/check.ts'
import { codeBlocksOf, sectionsOf } from '#test/support/markdown.ts'
import { assertNone, filesMatching } from '#test/support/source.ts'

/** The sections of a man page, in the order of CoreDNS's; the last column says which a plugin must have. */
const sectionOrder = ['Name', 'Description', 'Syntax', 'Metrics', 'Ready', 'Bugs', 'Examples', 'See Also']
const requiredSections = ['Name', 'Description', 'Syntax', 'Examples']

const readmes = filesMatching('plugins/*/README.md').map(({ path, text }) => ({
  path,
  text,
  plugin: path.split('/')[1]!,
}))

test('a man page has the sections of CoreDNS, in their order', () => {
  const broken = readmes.flatMap(({ path, text }) => {
    const titles = sectionsOf(text)
      .filter(({ level }) => level === 2)
      .map(({ title }) => title)
    const ordered = titles.toSorted((left, right) => sectionOrder.indexOf(left) - sectionOrder.indexOf(right))
    return [
      ...titles.filter(title => !sectionOrder.includes(title)).map(title => `${path}: '${title}' is no section`),
      ...requiredSections.filter(title => !titles.includes(title)).map(title => `${path}: no section '${title}'`),
      ...(titles.join() === ordered.join() ? [] : [`${path}: ${titles.join(', ')} should be ${ordered.join(', ')}`]),
    ]
  })
  assertNone(broken, `A man page has ${sectionOrder.join(', ')}, in this order; those that do not apply are left out:`)
})

test('a man page starts with the name and one line on what the plugin does', () => {
  const broken = readmes.filter(({ plugin, text }) => {
    return !new RegExp(`^# ${plugin}\n\n## Name\n\n\\*${plugin}\\* - [a-z][^\n]*\\.\n\n## `).test(text)
  })
  assertNone(
    broken.map(({ path }) => path),
    'Start with "# name", "## Name", then "*name* - does this." on one line, then the next section:',
  )
})

test('every option that a parser reads is in the Syntax of the man page, and nothing else is', () => {
  const read = optionsReadByExamples()
  const broken = readmes.flatMap(({ path, plugin, text }) => {
    const known = read.get(plugin)
    const syntax = sectionsOf(text).find(section => section.level === 2 && section.title === 'Syntax')
    if (known === undefined || syntax === undefined) return []
    const documented = documentedOptions(syntax.text)
    const takesOthers = known.takesOthers
    return [
      ...[...known.names].filter(name => !documented.has(name)).map(name => `${path}: Syntax lacks '${name}'`),
      ...(takesOthers ? [] : [...documented].filter(name => !known.names.has(name))).map(
        name => `${path}: Syntax has '${name}', which the parser does not read`,
      ),
    ]
  })
  assertNone(broken, 'Bring the block under Syntax and the readers of the parser together:')
})

test('every example is written for this plugin', () => {
  const broken = readmes.flatMap(({ path, plugin, text }) => {
    const examples = codeBlocksOf(text).filter(({ language }) => language === 'corefile')
    if (examples.some(example => new RegExp(`^\\s*${plugin}\\b`, 'm').test(example.text))) return []
    return [path]
  })
  assertNone(broken, 'Show the plugin in a ~~~ corefile block under Examples:')
})

interface KnownOptions {
  readonly names: Set<string>
  /** Whether the block takes lines that are no options, such as the entries of hosts. */
  takesOthers: boolean
}

/** What each plugin's parser hands to `block`, seen while the examples of all man pages are parsed. */
function optionsReadByExamples(): Map<string, KnownOptions> {
  const read = new Map<string, KnownOptions>()
  const original = Directive.prototype.block
  Directive.prototype.block = function block<R extends Readers>(
    this: Directive,
    readers: R,
    ...rest: Parameters<typeof original> extends [unknown, ...infer Rest] ? Rest : never
  ): ReadOptions<R> {
    const known = read.get(this.name.text) ?? { names: new Set(), takesOthers: false }
    read.set(this.name.text, known)
    for (const name of Object.keys(readers)) known.names.add(name)
    known.takesOthers ||= rest[0] !== undefined
    return original.call(this, readers, ...rest) as ReadOptions<R>
  }
  try {
    for (const { path, text } of readmes) {
      for (const { text: corefile } of codeBlocksOf(text).filter(({ language }) => language === 'corefile')) {
        planQuietly(corefile, path)
      }
    }
  } finally {
    Directive.prototype.block = original
  }
  return read
}

/** Examples that do not parse fail another test. */
function planQuietly(corefile: string, path: string): void {
  try {
    planConfiguration(corefile, path, { plugins, defaultPort: 53 })
  } catch {}
}

/** The first words between the braces of the blocks under Syntax; alternatives count each, words in capitals do not. */
function documentedOptions(syntax: string): Set<string> {
  const names = new Set<string>()
  for (const { language, text } of codeBlocksOf(syntax)) {
    if (language !== 'txt') continue
    let depth = 0
    for (const line of text.split('\n')) {
      const words = line.trim()
      if (depth > 0 && words !== '}' && words !== '') {
        const first = words.replace(/^\[/, '').split(/[\s\]]/)[0]!
        for (const name of first.split('|')) if (/^[a-z][\w.-]*$/.test(name)) names.add(name)
      }
      depth += (line.match(/\{/g) ?? []).length - (line.match(/\}/g) ?? []).length
    }
  }
  return names
}
