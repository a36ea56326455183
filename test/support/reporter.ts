import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/** One test that was not run, and why. */
interface Skipped {
  readonly name: string
  readonly file: string
  readonly reason: string
}

type TestData = Extract<TestEvent, { type: 'test:fail' | 'test:pass' }>['data']

/**
 * A node:test reporter that keeps quiet about what is fine: each failure in full as it happens, then what was skipped and
 * why, then the counts.
 */
// biome-ignore lint/style/noDefaultExport: node --test-reporter takes the default export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: Skipped[] = []
  let passed = 0
  let failed = 0
  for await (const event of events) {
    if (event.type === 'test:stderr') yield event.data.message
    if (event.type === 'test:diagnostic' && event.data.level === 'error') yield `${event.data.message}\n`
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { data } = event
    if (data.skip !== undefined && data.skip !== false) {
      skipped.push({ name: data.name, file: place(data), reason: data.skip === true ? 'no reason given' : data.skip })
    } else if (event.type === 'test:fail') {
      const isSum = isSumOfSubtests(data)
      if (!isSum) failed++
      if (!isSum) yield `\n✖ ${data.name} (${place(data)})\n${indent(failureText(data))}\n`
    } else if (data.details.type !== 'suite') {
      passed++
    }
  }
  yield skippedText(skipped)
  yield `\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`
}

/** Whether a test failed only because tests within it did, which have been shown already. */
function isSumOfSubtests(data: TestData): boolean {
  return (data.details as { error?: { failureType?: string } }).error?.failureType === 'subtestsFailed'
}

function failureText(data: TestData): string {
  const error = (data.details as { error?: Error }).error
  const cause = error?.cause
  if (cause instanceof Error) return cause.stack ?? cause.message
  if (typeof cause === 'string') return cause
  return error?.stack ?? 'failed without an error'
}

function skippedText(skipped: readonly Skipped[]): string {
  if (skipped.length === 0) return '\nNothing was skipped.\n'
  const byReason = Map.groupBy(skipped, each => each.reason)
  const lines = [...byReason].flatMap(([reason, tests]) => [
    `  ${reason}:`,
    ...tests.map(each => `    ${each.name} (${each.file})`),
  ])
  return `\nSkipped, and why:\n${lines.join('\n')}\n`
}

function place(data: TestData): string {
  const path = data.file === undefined ? '' : relative(process.cwd(), data.file)
  return data.line === undefined ? path : `${path}:${data.line}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
