import type { CorefileError } from '#corefile/error.ts'
import { printable, sourceFrame } from '#corefile/frame.ts'

const MAX_MESSAGE_CHARS = 500

/**
 * An error as it is shown: the first line as CoreDNS prints it, then the line of the file with a caret under the place and
 * what to do about it. `sources` holds the text of the files by the names in tokens.
 */
export function explainProblem(error: CorefileError, sources: ReadonlyMap<string, string>): string {
  const lines = [firstLine(error)]
  const { token } = error
  const source = token === null ? undefined : sources.get(token.file)
  if (token !== null && source !== undefined) {
    if (!namesPlace(error)) lines.push(`    in ${printable(token.file)}`)
    lines.push(sourceFrame(source, token, error.hint))
  } else if (error.hint !== '') {
    lines.push(`       | ${printable(error.hint)}`)
  }
  return lines.join('\n')
}

function firstLine(error: CorefileError): string {
  const plugin = error.plugin === '' ? '' : `plugin/${error.plugin}: `
  const message = shorten(printable(error.message))
  if (error.kind === 'key') return `${plugin}error inspecting server blocks: ${message}`
  if (!namesPlace(error)) return plugin + message
  const what = error.kind === 'syntax' ? 'Syntax error' : 'Error during parsing'
  return `${plugin}${printable(error.token!.file)}:${error.token!.line} - ${what}: ${message}`
}

/** Whether the first line says in which file and line the error is. */
function namesPlace(error: CorefileError): boolean {
  return error.token !== null && error.kind !== 'key' && error.kind !== 'plain'
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE_CHARS ? text : `${text.slice(0, MAX_MESSAGE_CHARS)}...`
}
