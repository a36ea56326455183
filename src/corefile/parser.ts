import { BlockReader } from '#corefile/block-reader.ts'
import type { Problems } from '#corefile/error.ts'
import { CorefileError } from '#corefile/error.ts'
import { Importer, sourceOf } from '#corefile/import.ts'
import { findManifest } from '#corefile/manifest.ts'
import type { ParseOptions } from '#corefile/parse-options.ts'
import type { ServerBlock } from '#corefile/server-block.ts'
import { Sources } from '#corefile/sources.ts'
import { TokenStream } from '#corefile/stream.ts'

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
  const sources = new Sources()
  const words = sources.add(file, text)
  const blocks: ServerBlock[] = []
  const manifest = findManifest(words)
  if (manifest !== null) {
    const hint = "give the text that stands in it under 'data:' and 'Corefile:' instead"
    options.problems.add(new CorefileError(manifest, 'this is a Kubernetes manifest, not a Corefile', hint))
  } else {
    const stream = new TokenStream(words, sourceOf(file), options.environment, options.problems)
    const importer = new Importer(sources, options.files, options.warn)
    blocks.push(...new BlockReader(stream, importer, sources, options).readAll())
    explainUnclosedQuotes(options.problems, sources)
  }
  return { blocks, sources: sources.texts, files: [...sources.texts.keys()] }
}

/** Quotes that are never closed are no error of their own, as in CoreDNS, but the cause of one at the same place. */
function explainUnclosedQuotes({ errors }: Problems, sources: Sources): void {
  for (const [i, { token, message, kind }] of errors.entries()) {
    if (token === null || !sources.isUnclosedQuote(token)) continue
    errors[i] = new CorefileError(token, message, 'the quotes that open here are never closed', kind)
  }
}
