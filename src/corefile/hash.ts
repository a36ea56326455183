import { createHash } from 'node:crypto'
import type { Line } from '#corefile/directive.ts'
import type { Corefile } from '#corefile/parser.ts'

/**
 * SHA-512, in hex, over what a Corefile says: keys and directives after imports and variables have been put in. Comments,
 * white space, and the order of directives of different plugins, which mean nothing, do not count.
 */
export function hashCorefile(corefile: Corefile): string {
  const blocks = corefile.blocks.map(({ keys, directives }) => ({
    keys: keys.map(({ scheme, zone, port }) => [scheme, zone, port]),
    directives: directives.map(wordsOf).toSorted(([left], [right]) => (left! < right! ? -1 : left! > right! ? 1 : 0)),
  }))
  return createHash('sha512').update(JSON.stringify(blocks)).digest('hex')
}

type Words = [string, string[], Words[] | null]

function wordsOf(line: Line): Words {
  return [line.name.text, line.words.map(word => word.text), line.lines?.map(wordsOf) ?? null]
}
