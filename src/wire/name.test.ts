import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FoldedName, Name } from '#wire/name.ts'
import {
  compareNames,
  foldName,
  formatName,
  isSubdomain,
  labelCount,
  labelsOf,
  name,
  nameFromOctets,
  nameToOctets,
  parentName,
  parseName,
  parseNameIn,
  prependLabels,
  ROOT,
} from '#wire/name.ts'

const LABEL_63 = 'a'.repeat(63)
/** Three labels of 63 and one of 61: 3 * 64 + 62 + 1 = 255 octets. */
const LONGEST = `${LABEL_63}.${LABEL_63}.${LABEL_63}.${'a'.repeat(61)}`

const readable: readonly [text: string, wire: string, printed: string][] = [
  ['.', '\0', '.'],
  ['com', '\x03com\0', 'com.'],
  ['com.', '\x03com\0', 'com.'],
  ['WWW.Example.', '\x03WWW\x07Example\0', 'WWW.Example.'],
  ['a\\.b.c', '\x03a.b\x01c\0', 'a\\.b.c.'],
  ['\\\\.c', '\x01\\\x01c\0', '\\\\.c.'],
  ['\\097.\\046', '\x01a\x01.\0', 'a.\\..'],
  ['\\000\\255 .x', '\x03\x00\xff \x01x\0', '\\000\\255\\032.x.'],
  ['a\\"\\;\\(\\)\\@\\$', '\x07a";()@$\0', 'a\\"\\;\\(\\)\\@\\$.'],
  ["it's*_-/", "\x08it's*_-/\0", "it's*_-/."],
  ['é.x', '\x02\xc3\xa9\x01x\0', '\\195\\169.x.'],
  ['😀', '\x04\xf0\x9f\x98\x80\0', '\\240\\159\\152\\128.'],
  ['\ud800a', '\x04\xef\xbf\xbda\0', '\\239\\191\\189a.'],
  ['a\n\t', '\x03a\n\t\0', 'a\\010\\009.'],
  [LABEL_63, `\x3f${LABEL_63}\0`, `${LABEL_63}.`],
]

test('names are read from and printed as presentation text, other characters than ASCII as UTF-8', () => {
  for (const [text, wire, printed] of readable) {
    assert.equal(parseName(text), wire, text)
    assert.equal(formatName(wire as Name), printed)
    assert.equal(parseName(printed), wire, printed)
  }
})

test('text that is no name is refused', () => {
  const refused = [
    '',
    '..',
    '.a',
    'a..b',
    'a..',
    'a\\',
    'a\\1',
    'a\\12',
    'a\\256',
    'a\\é',
    `${LABEL_63}a`,
    `${LABEL_63}a.b`,
  ]
  for (const text of refused) assert.equal(parseName(text), null, text)
  assert.throws(() => name('a..b'), /'a\.\.b' is not a domain name/)
})

test('a name has at most 255 octets, its length octets and root label counted', () => {
  assert.equal(parseName(LONGEST)?.length, 255)
  assert.equal(parseName(`${LONGEST}.`)?.length, 255)
  assert.equal(parseName(`${LONGEST}a`), null)
  assert.equal(parseName(`a.${LONGEST}`), null)
  assert.equal(parseName('\\000'.repeat(63).concat('.').repeat(3))?.length, 193)
  assert.equal(prependLabels(['x'], name(LONGEST)), null)
  assert.equal(prependLabels(['a'.repeat(61)], name(`${LABEL_63}.${LABEL_63}.${LABEL_63}`))?.length, 255)
  assert.equal(parseNameIn('x', name(LONGEST)), null)
})

test('a name without final dot is completed with the origin', () => {
  const origin = name('example.org')
  for (const [text, expected] of [
    ['@', 'example.org.'],
    ['www', 'www.example.org.'],
    ['www.', 'www.'],
    ['.', '.'],
    ['a\\.', 'a\\..example.org.'],
    ['a\\\\.', 'a\\\\.'],
    ['a\\046', 'a\\..example.org.'],
    ['\\@', '\\@.example.org.'],
  ] as const) {
    assert.equal(formatName(parseNameIn(text, origin)!), expected, text)
  }
  assert.equal(parseNameIn('a..b', origin), null)
})

test('folding lowers ASCII letters alone, and gives the same string back when there are none', () => {
  const mixed = '\x05AZaz[\x02\xc0\xde\0' as Name
  assert.equal(foldName(mixed), '\x05azaz[\x02\xc0\xde\0')
  const lower = name('www.example')
  assert.equal(foldName(lower), lower)
  assert.equal(foldName(ROOT), ROOT)
  assert.equal(foldName(name(LONGEST.toUpperCase())), name(LONGEST))
})

test('a subdomain ends with the zone at a label', () => {
  const zone = name('b.c')
  for (const [child, expected] of [
    ['b.c', true],
    ['a.b.c', true],
    ['x.a.b.c', true],
    ['ab.c', false],
    ['c', false],
    ['b.c.d', false],
    ['a\\001b.c', false],
  ] as const) {
    assert.equal(isSubdomain(name(child), zone), expected, child)
  }
  assert.ok(isSubdomain(name('a'), ROOT) && isSubdomain(ROOT, ROOT))
})

test('names are taken apart and put together at labels', () => {
  const wire = name('www.a\\.b.org')
  assert.deepEqual(labelsOf(wire), ['www', 'a.b', 'org'])
  assert.equal(labelCount(wire), 3)
  assert.equal(labelCount(ROOT), 0)
  assert.equal(parentName(wire), name('a\\.b.org'))
  assert.equal(parentName(ROOT), ROOT)
  assert.equal(prependLabels(['www', 'a.b'], name('org')), wire)
  assert.equal(prependLabels([''], ROOT), null)
  assert.equal(prependLabels(['x'.repeat(64)], ROOT), null)
  assert.equal(nameFromOctets(nameToOctets(wire)), wire)
  assert.equal(nameFromOctets(Buffer.from(`xx${wire}yy`, 'latin1'), 2, 2 + wire.length), wire)
})

test('canonical order compares labels from the right (RFC 4034 section 6.1)', () => {
  const ordered = ['example', 'a.example', 'yljkjljk.a.example', 'z.a.example', 'zabc.a.example', 'z.example']
  const rare = ['\\001.z.example', '*.z.example', '\\200.z.example'].map(name)
  const names = [...ordered.map(name), ...rare] as FoldedName[]
  assert.deepEqual([...names].reverse().sort(compareNames), names)
  assert.equal(compareNames(ROOT, ROOT), 0)
})
