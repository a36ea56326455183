import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { PerformanceObserver } from 'node:perf_hooks'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { collectYoungGarbage } from '#lib/young-garbage.ts'

test('young garbage is collected when asked for, and nothing else shows the collector', async () => {
  const kinds: number[] = []
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) kinds.push((entry as unknown as { detail: { kind: number } }).detail.kind)
  })
  observer.observe({ entryTypes: ['gc'] })
  for (let i = 0; i < 3; i++) collectYoungGarbage()
  await setImmediate()
  await setImmediate()
  observer.disconnect()
  const MINOR = 1
  assert.ok(kinds.filter(kind => kind === MINOR).length >= 3, `kinds: ${kinds.join(' ')}`)
  assert.equal('gc' in globalThis, false)
})

/** Which part of V8's collections came in tasks of its own, and not while the program ran that left the garbage. */
function partInTasks(prepare: string): number {
  const program = `
    import { collectYoungGarbageWhenFull } from '#lib/young-garbage.ts'
    import { PerformanceObserver, performance } from 'node:perf_hooks'
    import { setTimeout } from 'node:timers/promises'
    const collections = []
    new PerformanceObserver(list => collections.push(...list.getEntries())).observe({ entryTypes: ['gc'] })
    ${prepare}
    const spans = []
    for (let turn = 0; turn < 200; turn++) {
      const start = performance.now()
      for (let i = 0; i < 100; i++) Array.from({ length: 40 }, () => [i])
      spans.push([start, performance.now()])
      await setTimeout(1)
    }
    const isOurs = ({ startTime }) => spans.some(([start, end]) => startTime >= start && startTime <= end)
    console.log(1 - collections.filter(isOurs).length / collections.length)`
  const options = ['--min-semi-space-size=2', '--max-semi-space-size=2', '--input-type=module', '-e']
  return Number(execFileSync(process.execPath, [...options, program], { encoding: 'utf8' }))
}

test('young garbage is collected when there is no more room for it', () => {
  const early = partInTasks('')
  const late = partInTasks('collectYoungGarbageWhenFull()')
  assert.ok(late < 0.3 && early > 0.7, `${late}, and ${early} without being told so`)
})
