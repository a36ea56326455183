import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyMessage } from '#test/fuzz/wire-arbitrary.ts'
import { memoryInUse } from '#test/support/garbage.ts'
import { MAX_MUTATED_OCTETS, mutate } from '#test/support/mutate.ts'
import { SeededRandom } from '#test/support/random.ts'
import { slowDecode } from '#test/support/slow-codec.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import { WireFailure } from '#wire/failure.ts'
import { foldName } from '#wire/name.ts'
import { NameReader } from '#wire/question.ts'

const RUNS = Number(process.env['NODENS_FUZZ_RUNS'] ?? 20_000)
/** One in so many mutated packets is also read by the slow twin. */
const COMPARED_EVERY = 20
const budgetFailures: ReadonlySet<number> = new Set([WireFailure.EXPANSION, WireFailure.TOO_MANY_POINTERS])

test('mutated packets never make the decoder throw, work without bound or keep memory', t => {
  const random = new SeededRandom()
  const seeds = fc
    .sample(anyMessage, { seed: random.seed, numRuns: 300 })
    .map(message => encodeMessage(message))
    .filter(octets => octets.length <= MAX_MUTATED_OCTETS)
  const into = new Uint8Array(MAX_MUTATED_OCTETS)
  const reader = new NameReader()
  let decodedCount = 0
  let failedCount = 0
  const once = (run: number) => {
    const octets = into.subarray(0, mutate(random.pick(seeds), into, random))
    const context = () => `seed ${random.seed}: ${Buffer.from(octets).toString('hex')}`
    const message = decodeMessage(octets)
    const next = reader.read(octets, 0, 12, octets.length)
    assert.ok(next < 0 ? next >= -WireFailure.EXPANSION : next > 12 && next <= octets.length, context())
    if (isWireFailure(message)) failedCount++
    else decodedCount++
    if (!isWireFailure(message) && message.questions.length > 0 && next > 0) {
      assert.equal(reader.name, message.questions[0]!.name, context())
      assert.equal(reader.folded, foldName(reader.name), context())
    }
    if (run % COMPARED_EVERY === 0) compare(octets, message, context)
  }
  for (let run = 0; run < RUNS / 2; run++) once(run)
  const before = memoryInUse().heapUsed
  for (let run = 0; run < RUNS / 2; run++) once(run)
  const grown = memoryInUse().heapUsed - before
  t.diagnostic(`seed ${random.seed}: ${decodedCount} decoded, ${failedCount} malformed, heap ${grown} octets more`)
  assert.ok(grown < 4 << 20, `the heap grew by ${grown} octets in the second half`)
  assert.ok(decodedCount > 0 && failedCount > 0)
})

function compare(octets: Uint8Array, message: ReturnType<typeof decodeMessage>, context: () => string): void {
  const slow = slowDecode(octets)
  if (!isWireFailure(message)) {
    assert.deepEqual(message, slow, context())
    // What was accepted can be sent on.
    assert.deepEqual(decodeMessage(encodeMessage(message)), message, context())
  } else if (!budgetFailures.has(message)) {
    assert.equal(slow, null, context())
  }
}
