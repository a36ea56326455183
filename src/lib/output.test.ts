import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDroppedLines, sendLines, writeLine, writeLines } from '#lib/output.ts'

const turnOfLoop = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** What was handed over, and how to say that it was taken. */
const texts: string[] = []
let taken = (): void => {}
sendLines((text, andThen) => {
  texts.push(text)
  taken = andThen
})
let dropped = 0
onDroppedLines(lines => {
  dropped += lines
})

/** Everything that was handed over since it was last asked, line by line. */
async function lines(): Promise<string[]> {
  await turnOfLoop()
  while (true) {
    const before = texts.length
    taken()
    await turnOfLoop()
    if (texts.length === before) break
  }
  return texts.splice(0).flatMap(text => text.split('\n'))
}

test('lines of one turn of the event loop are handed over at once, in any script', async () => {
  for (const line of ['a', '', 'bücher 例え', 'c']) writeLine(line)
  assert.deepEqual(texts, [])
  await turnOfLoop()
  assert.deepEqual(texts, ['a\n\nbücher 例え\nc'])
  assert.deepEqual(await lines(), ['a', '', 'bücher 例え', 'c'])
})

test('several lines may come in one text', async () => {
  writeLines('a\nb')
  assert.deepEqual(await lines(), ['a', 'b'])
})

test('lines wait in order while nobody takes them, longer ones than a write takes among them', async () => {
  const written = Array.from({ length: 2000 }, (_, i) => `${i} ${'x'.repeat(i % 300)}`)
  written[1000] = 'é'.repeat(200_000)
  for (const line of written) writeLine(line)
  assert.deepEqual(await lines(), written)
  assert.equal(dropped, 0)
})

test('what is too much is dropped and counted, and what comes after it is written', async () => {
  const line = 'x'.repeat(100_000)
  for (let i = 0; i < 100; i++) writeLine(line)
  const received = await lines()
  assert.equal(received.length + dropped, 100)
  assert.ok(received.length >= 40 && received.length <= 45, `${received.length} lines of 4 MiB`)
  writeLine('after')
  assert.deepEqual(await lines(), ['after'])
  const before = dropped
  for (let i = 0; i < 100; i++) writeLines(`${line}\n${line}`)
  assert.equal((await lines()).length + dropped - before, 200)
})
