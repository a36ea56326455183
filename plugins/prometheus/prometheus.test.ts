import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { Reply } from '#plugin/reply.ts'
import { DROPPED, failure, reply } from '#plugin/reply.ts'
import { prometheus } from '#plugins/prometheus/index.ts'
import type { PluginTestOptions } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'

const answer = reply('file', { answer: [rr('a.example.org. 30 IN A 192.0.2.1')] })

function build(text: string, given: Reply | Promise<Reply> = answer, options: PluginTestOptions = {}) {
  return buildPlugin(prometheus, text, { keys: 'example.org', next: () => given, ...options })
}

/** The value of a series, `undefined` when it is not exported. */
function value(exposition: string, series: string): number | undefined {
  const line = exposition.split('\n').find(candidate => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('prometheus', () => {
  const place = 'server="dns://:0",zone="example.org.",view=""'

  it('counts a query and its reply under the labels of CoreDNS', () => {
    const { handler, metrics, clock } = build('prometheus')
    clock.advance(3)
    handler(makeQuery('a.example.org.', 'A', { dnssecOk: true }))
    const text = metrics.expose()
    const expected: [series: string, count: number][] = [
      [`coredns_dns_requests_total{${place},proto="udp",family="1",type="A"}`, 1],
      [`coredns_dns_do_requests_total{${place}}`, 1],
      [`coredns_dns_responses_total{${place},rcode="NOERROR",plugin="file"}`, 1],
      [`coredns_dns_request_duration_seconds_sum{${place}}`, 0.003],
      [`coredns_dns_request_duration_seconds_bucket{${place},le="0.002"}`, 0],
      [`coredns_dns_request_duration_seconds_bucket{${place},le="0.004"}`, 1],
      [`coredns_dns_request_size_bytes_sum{${place},proto="udp"}`, 42],
      [`coredns_dns_response_size_bytes_sum{${place},proto="udp"}`, 12 + 19 + 15 + 10 + 4],
    ]
    for (const [series, count] of expected) assert.equal(value(text, series), count, series)
  })

  const requests: [rule: string, type: string, tcp: boolean, client: string, labels: string][] = [
    ['a stream as tcp', 'AAAA', true, '10.0.0.1', 'proto="tcp",family="1",type="AAAA"'],
    ['an IPv6 client as family 2', 'HTTPS', false, '2001:db8::1', 'proto="udp",family="2",type="HTTPS"'],
    ['ANY by its name', 'ANY', false, '10.0.0.1', 'proto="udp",family="1",type="ANY"'],
    ['a rare type as other', 'HINFO', false, '10.0.0.1', 'proto="udp",family="1",type="other"'],
    ['a type beyond those with names as other', 'TYPE65280', false, '10.0.0.1', 'proto="udp",family="1",type="other"'],
  ]
  for (const [rule, type, tcp, client, labels] of requests) {
    it(`counts ${rule}`, () => {
      const { handler, metrics } = build('prometheus')
      for (let i = 0; i < 2; i++) handler(makeQuery('a.example.org.', type, { tcp, client }))
      assert.equal(value(metrics.expose(), `coredns_dns_requests_total{${place},${labels}}`), 2)
    })
  }

  const replies: [rule: string, given: Reply, labels: string, octets: number][] = [
    ['a bare failure without plugin and size', failure(5), 'rcode="REFUSED",plugin=""', 0],
    ['a dropped query as NOERROR without plugin and size', DROPPED, 'rcode="NOERROR",plugin=""', 0],
    ['a code without a name as other', reply('x', { rcode: 3841 }), 'rcode="other",plugin="x"', 31],
  ]
  for (const [rule, given, labels, octets] of replies) {
    it(`counts ${rule}`, () => {
      const { handler, metrics } = build('prometheus', given)
      handler(makeQuery('a.example.org.', 'A'))
      assert.equal(value(metrics.expose(), `coredns_dns_responses_total{${place},${labels}}`), 1)
      assert.equal(value(metrics.expose(), `coredns_dns_response_size_bytes_sum{${place},proto="udp"}`), octets)
    })
  }

  it('counts a reply that comes later, and hands it on', async () => {
    const { handler, metrics } = build('prometheus', Promise.resolve(answer))
    assert.equal(await handler(makeQuery('a.example.org.', 'A')), answer)
    assert.equal(value(metrics.expose(), `coredns_dns_responses_total{${place},rcode="NOERROR",plugin="file"}`), 1)
  })

  it('keeps the zones of a block apart and lets no name become a label', () => {
    const { handler, metrics } = build('prometheus', answer, { keys: 'example.org, example.net' })
    handler(makeQuery('a"\\010{.example.org.', 'A'))
    handler(makeQuery('a.example.net.', 'A'))
    handler(makeQuery('b.example.org.', 'A'))
    const zones = metrics.expose().match(/coredns_dns_requests_total\{[^}]*zone="[^"]*"[^}]*\} \d+/g)
    assert.deepEqual(
      zones?.map(line => line.replace(/.*zone="([^"]*)".* /, '$1 ')),
      ['example.net. 1', 'example.org. 2'],
    )
  })

  it('answers /metrics from the start to the end of the configuration', async () => {
    const { instance, http } = build('prometheus')
    await instance.hooks.run('startup')
    const page = await http.get('localhost:9153/metrics')
    assert.equal(page.status, 200)
    assert.equal(page.contentType, 'text/plain; version=0.0.4; charset=utf-8')
    assert.match(page.body, /^coredns_build_info\{version="[\d.]+",revision="",goversion="node[\d.]+"\} 1$/m)
    await instance.hooks.runAll('shutdown')
    assert.equal(http.claims.size, 0)
  })

  it('exports what runs, on each address and for each zone, while it runs', async () => {
    const { instance, metrics } = build('prometheus', answer, { keys: 'example.org, example.net' })
    await instance.hooks.run('serving')
    const enabled = (zone: string, name: string) =>
      value(metrics.expose(), `coredns_plugin_enabled{server="dns://:0",zone="${zone}",view="",name="${name}"}`)
    assert.equal(enabled('example.org.', 'prometheus'), 1)
    assert.equal(enabled('example.net.', 'prometheus'), 1)
    await instance.hooks.runAll('shutdown')
    assert.equal(enabled('example.org.', 'prometheus'), undefined)
  })

  it('exports the process, the event loop and the heap', async () => {
    const { instance, metrics } = build('prometheus')
    await instance.hooks.run('startup')
    const text = metrics.expose()
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
      assert.ok(value(text, name)! > 0, name)
    }
    assert.ok(Math.abs(value(text, 'process_start_time_seconds')! - (Date.now() / 1000 - process.uptime())) < 5)
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
    assert.doesNotMatch(text, /nodejs_heap_space/)
    await instance.hooks.runAll('shutdown')
  })

  it('exports the files that the process has open', {
    skip: process.platform !== 'linux' && 'only Linux tells',
  }, async () => {
    const { instance, metrics } = build('prometheus')
    await instance.hooks.run('startup')
    const open = value(metrics.expose(), 'process_open_fds')!
    assert.ok(open > 2 && open <= value(metrics.expose(), 'process_max_fds')!)
  })

  it('exports more of the runtime with runtime_metrics', async () => {
    const { instance, metrics } = build('prometheus {\nruntime_metrics\n}')
    await instance.hooks.run('startup')
    assert.match(metrics.expose(), /^nodejs_heap_space_size_used_bytes\{space="old"\} /m)
    await instance.hooks.runAll('shutdown')
  })

  describe('when its address is taken', () => {
    const lines: string[] = []
    let release = (): void => {}
    beforeEach(() => {
      release = captureLines(line => lines.push(line))
    })
    afterEach(() => release())

    it('says so and stops the start', async () => {
      const { instance, http } = build('prometheus')
      http.claim = () => Promise.reject(new Error('listen tcp: address already in use'))
      await assert.rejects(instance.hooks.run('startup'), /address already in use/)
      assert.deepEqual(lines, [
        '[ERROR] plugin/prometheus: Failed to start metrics handler: listen tcp: address already in use',
      ])
    })
  })
})
