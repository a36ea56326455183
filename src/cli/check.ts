import { readFileSync } from 'node:fs'
import type { AnyPlugin } from '#plugin/define.ts'
import { checkCorefile } from '#server/check.ts'

/**
 * `nodens check FILE...`: reads Corefiles, prints everything that is wrong with them on standard error, and opens neither
 * socket nor anything else. Returns the exit code: 0 fine, 1 errors, 2 usage.
 */
export function check(files: readonly string[], plugins: readonly AnyPlugin[]): number {
  if (files.length === 0 || files.some(file => file.startsWith('-'))) {
    process.stderr.write('Usage: nodens check FILE...\n')
    return 2
  }
  let wrong = false
  for (const file of files) {
    const messages = checkFile(file, plugins)
    if (messages.length === 0) process.stdout.write(`${file}: OK\n`)
    else wrong = true
    for (const message of messages) process.stderr.write(`${message}\n`)
  }
  return wrong ? 1 : 0
}

function checkFile(file: string, plugins: readonly AnyPlugin[]): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return [`${file}: cannot read it: ${(error as Error).message}`]
  }
  return checkCorefile(text, file, plugins)
}
