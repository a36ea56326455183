import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import { healthMetrics } from '#plugins/health/metrics.ts'
import { SelfProbe } from '#plugins/health/self-probe.ts'

describe('the health probe of the server itself', () => {
  let server: Server
  let registry: MetricRegistry
  let probe: SelfProbe
  const lines: string[] = []
  let release = (): void => {}

  beforeEach(async () => {
    // Only the interval: the time-out of a request is left to the real clock, and never reached.
    mock.timers.enable({ apis: ['setInterval'] })
    lines.length = 0
    release = captureLines(line => lines.push(line))
    server = createServer((_request, response) => response.end('OK')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    registry = new MetricRegistry()
    const { port } = server.address() as AddressInfo
    probe = new SelfProbe(`[::]:${port}`, `:${port}`, healthMetrics(registry), pluginLogger('health'))
  })

  afterEach(() => {
    mock.timers.reset()
    probe.stop()
    server.close()
    server.closeAllConnections()
    release()
  })

  it('asks every five seconds and observes how long it took', async () => {
    for (let expected = 1; expected <= 2; expected++) {
      mock.timers.tick(5000)
      await until(() => registry.expose().includes(`coredns_health_request_duration_seconds_count ${expected}\n`))
    }
    assert.match(registry.expose(), /^coredns_health_request_failures_total 0$/m)
    assert.deepEqual(lines, [])
  })

  it('counts and logs a failure', async () => {
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    mock.timers.tick(5000)
    await until(() => lines.length > 0)
    assert.match(registry.expose(), /^coredns_health_request_failures_total 1$/m)
    const expected = `[WARNING] plugin/health: Local health request to "http://localhost:${port}/health" failed: `
    assert.ok(lines[0]!.startsWith(expected), lines[0])
  })

  it('does not ask again while it waits for an answer', async () => {
    let asked = 0
    server.removeAllListeners('request')
    server.on('request', () => asked++)
    mock.timers.tick(5000)
    await until(() => asked > 0)
    mock.timers.tick(25_000)
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(asked, 1)
  })

  it('says nothing of a request that its own end cut off', async () => {
    let asked = false
    server.removeAllListeners('request')
    server.on('request', () => {
      asked = true
    })
    mock.timers.tick(5000)
    await until(() => asked)
    probe.stop()
    await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(lines, [])
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}
