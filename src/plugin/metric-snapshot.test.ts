import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetricRegistry } from '#plugin/metrics.ts'

/** A registry in which some thread has counted `n`. */
function counted(n: number): MetricRegistry {
  const registry = new MetricRegistry()
  registry
    .counter({ name: 'asked_total', help: 'Asked.', labels: ['who'] })
    .labels(`who${n}`)
    .inc(n)
  registry
    .counter({ name: 'asked_total', help: 'Asked.', labels: ['who'] })
    .labels('all')
    .inc(n)
  registry.gauge({ name: 'greatest', help: 'Greatest.' }).labels().set(n)
  registry.gauge({ name: 'parts', help: 'Parts.', merge: 'sum' }).labels().set(n)
  const sizes = registry.histogram({ name: 'sizes', help: 'Sizes.', buckets: [1, 3] }).labels()
  sizes.observe(n)
  sizes.observe(0.5)
  return registry
}

const MERGED = `# HELP asked_total Asked.
# TYPE asked_total counter
asked_total{who="all"} 6
asked_total{who="who2"} 2
asked_total{who="who4"} 4
# HELP greatest Greatest.
# TYPE greatest gauge
greatest 4
# HELP parts Parts.
# TYPE parts gauge
parts 6
# HELP sizes Sizes.
# TYPE sizes histogram
sizes_bucket{le="1"} 2
sizes_bucket{le="3"} 3
sizes_bucket{le="+Inf"} 4
sizes_sum 7
sizes_count 4
`

test('registries of several threads are one page: counters add up, of gauges the greatest counts unless they are parts', async () => {
  const registry = counted(2)
  registry.addFrom(async () => [structuredClone(counted(4).snapshot())])
  assert.equal(await registry.exposeAll(), MERGED)
})

test('a thread alone has its own page', async () => {
  const registry = counted(3)
  assert.equal(await registry.exposeAll(), registry.expose())
})

test('what a thread had counted is kept when it is gone, its gauges are not', () => {
  const registry = new MetricRegistry()
  registry.absorb(counted(2).snapshot())
  registry.absorb(counted(4).snapshot())
  const withoutGauges = MERGED.replace(/# HELP greatest[\s\S]*(?=# HELP sizes)/, '')
  assert.equal(registry.expose(), withoutGauges)
})
