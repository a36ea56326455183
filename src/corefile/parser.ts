import { BlockReader } from '#corefile/block-reader.ts'
import { CorefileError } from '#corefile/error.ts'
import { Importer, sourceOf } from '#corefile/import.ts'
import { lex } from '#corefile/lexer.ts'
import { findManifest } from '#corefile/manifest.ts'
import type { ParseOptions } from '#corefile/parse-options.ts'
import type { ServerBlock } from '#corefile/server-block.ts'
import { TokenStream, wordsOf } from '#corefile/stream.ts'

/** A Corefile that has been read. */
export interface Corefile {
  readonly blocks: readonly ServerBlock[]
  /** The text of the file and of all that it imports, by their names in tokens. */
  readonly sources: ReadonlyMap<string, string>
  /** The names of these files, in the order in which they were first read. */
  readonly files: readonly string[]
}

/**
 * Reads the text of a Corefile. What is wrong is added to `problems`, all of it in one run; a part with an error is left
 * out of what is returned.
 */
export function parseCorefile(text: string, file: string, options: ParseOptions): Corefile {
  const importer = new Importer(options.files, options.warn)
  importer.sources.set(file, text)
  const tokens = lex(text, file)
  const blocks: ServerBlock[] = []
  const manifest = findManifest(tokens)
  if (manifest !== null) {
    const hint = "give the text that stands in it under 'data:' and 'Corefile:' instead"
    options.problems.add(new CorefileError(manifest, 'this is a Kubernetes manifest, not a Corefile', hint))
  } else {
    const stream = new TokenStream(wordsOf(tokens), sourceOf(file), options.environment, options.problems)
    blocks.push(...new BlockReader(stream, importer, options).readAll())
  }
  return { blocks, sources: importer.sources, files: [...importer.sources.keys()] }
}
