import test from 'node:test'
import { systemClock } from '#lib/clock.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import { SINGLE_THREAD } from '#plugin/threads.ts'
import { plugins } from '#plugins/order.ts'
import { planConfiguration } from '#server/check.ts'
import { eventRecorder } from '#server/events.ts'
import { Instance } from '#server/instance.ts'
import { COREDNS_METRICS } from '#test/support/coredns-metrics.ts'
import { codeBlocksOf } from '#test/support/markdown.ts'
import { FakeHttp } from '#test/support/plugin.ts'
import { assertNone, filesMatching } from '#test/support/source.ts'

/** Words that name a unit which is not the base unit, or shorten one. */
const wrongUnits = new Set(
  'ms us ns sec secs s milliseconds microseconds nanoseconds minutes hours days weeks kb mb gb kib mib gib kilobytes bits octets percent'.split(
    ' ',
  ),
)
const kinds = ['counter', 'gauge', 'histogram', 'summary']

const families = await definedFamilies()

test('some metrics are defined', () => {
  const missing = ['coredns_dns_requests_total', 'coredns_health_request_duration_seconds', 'process_open_fds']
  const names = families.map(({ name }) => name)
  assertNone(
    process.platform === 'linux' ? missing.filter(name => !names.includes(name)) : [],
    'The test has lost sight of these metrics:',
  )
})

test('metrics are named as Prometheus asks', () => {
  const broken = families.flatMap(({ name, kind, help }) => {
    const words = name.split('_')
    return [
      ...(/^[a-z][a-z0-9_]*$/.test(name) ? [] : [`${name}: small letters, digits and _ only`]),
      ...(help.trim() === '' ? [`${name}: help text is missing`] : []),
      ...((kind === 'counter') === name.endsWith('_total')
        ? []
        : [`${name}: a ${kind}; counters end in _total, others do not`]),
      ...(/_(count|sum|bucket)$/.test(name) ? [`${name}: this suffix is for the series of a histogram`] : []),
      ...words.filter(word => kinds.includes(word)).map(word => `${name}: leave the kind '${word}' out`),
      ...words.filter(word => wrongUnits.has(word)).map(word => `${name}: '${word}' is no base unit`),
    ]
  })
  assertNone(broken, 'Rename the metric (base units are seconds and bytes):')
})

test('labels are named as Prometheus asks', () => {
  const broken = families.flatMap(({ name, labelNames }) =>
    labelNames
      .filter(label => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(label) || label === 'le' || label === 'quantile')
      .map(label => `${name}: label '${label}'`),
  )
  assertNone(broken, 'Small letters, digits and _ only; le and quantile are taken:')
})

test('a metric named coredns_* is one of CoreDNS, of its kind and with its labels', () => {
  const broken = families
    .filter(({ name }) => name.startsWith('coredns_'))
    .flatMap(({ name, kind, labelNames }) => {
      const labels = labelNames.toSorted().join()
      const expected = COREDNS_METRICS.get(name)
      if (expected === undefined) return [`${name}: CoreDNS has no such metric`]
      if (expected.kind === kind && expected.labels === labels) return []
      return [`${name}: a ${kind} with ${labels}; in CoreDNS a ${expected.kind} with ${expected.labels}`]
    })
  assertNone(broken, 'Dashboards are made for the metrics of CoreDNS; name what is our own nodens_*:')
})

/** The families that plugins define while the examples of all man pages are built; nothing is opened. */
async function definedFamilies() {
  const metrics = new MetricRegistry()
  const control = { fatal() {}, configurationHash: '', readHash: async () => '', reload: async () => {} }
  const surroundings = {
    clock: systemClock,
    metrics,
    http: new FakeHttp(),
    control,
    threads: SINGLE_THREAD,
    logger: pluginLogger,
    workingDirectory: process.cwd(),
    packetCache: false,
    events: eventRecorder(metrics),
  }
  for (const { path, text } of filesMatching('plugins/*/README.md')) {
    for (const example of codeBlocksOf(text).filter(({ language }) => language === 'corefile')) {
      try {
        const plan = planConfiguration(example.text, path, { plugins, defaultPort: 53 })
        const instance = new Instance(plan, surroundings)
        // What is exported about the process is defined when the endpoint is opened.
        if (path === 'plugins/prometheus/README.md') await instance.hooks.run('startup')
      } catch {} // Examples that cannot be built fail another test.
    }
  }
  return metrics.families()
}
