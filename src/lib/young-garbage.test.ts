import assert from 'node:assert/strict'
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
