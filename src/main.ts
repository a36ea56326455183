#!/usr/bin/env node
import { parseServeArguments, USAGE, UsageError } from '#cli/arguments.ts'
import { check } from '#cli/check.ts'
import { pluginsText } from '#cli/plugins.ts'
import { serve } from '#cli/serve.ts'
import { versionText } from '#cli/version.ts'
import { plugins } from '#plugins/order.ts'

const words = process.argv.slice(2)
if (words[0] === 'check') process.exitCode = check(words.slice(1), plugins)
else await run()

async function run(): Promise<void> {
  try {
    const args = parseServeArguments(words)
    if (args.version) process.stdout.write(versionText())
    else if (args.listPlugins) process.stdout.write(pluginsText(plugins))
    else await serve(args, plugins)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(error.message === '' ? USAGE : `${error.message}\n${USAGE}`)
    process.exitCode = error.exitCode
  }
}
