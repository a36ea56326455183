import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'
import { NodensProcess } from '#test/support/process.ts'
import { until } from '#test/support/until.ts'

/** Of a line, which are far more than wait for a reader: 4 MiB in the process, as much in the stream, and what a pipe holds. */
const LINE_OCTETS = 60_000
const QUERIES = 400

for (const threads of [1, 2]) {
  test(`a reader of the log that stands still holds up no query of ${threads} threads, and what it does not take is counted`, async t => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-'))
    const metricsPort = await freePort()
    writeFileSync(
      join(directory, 'Corefile'),
      `. {\nbind 127.0.0.1\nmultisocket ${threads}\nprometheus 127.0.0.1:${metricsPort}\nlog . "${'x'.repeat(LINE_OCTETS)} {name}"\nwhoami\n}`,
    )
    const nodens = new NodensProcess(['-conf', join(directory, 'Corefile'), '-dns.port', '0'])
    t.after(async () => {
      await nodens.kill()
      rmSync(directory, { recursive: true, force: true })
    })
    await nodens.output(/Nodens-/, 30_000)
    const [, port] = await nodens.output(/^\.:(\d+) /m)
    nodens.child.stdout!.pause()
    for (let i = 0; i < QUERIES; i++) assert.equal((await ask(Number(port), `${i}.example`, 'A')).rcode, 0)
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    const dropped = Number(/^nodens_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1])
    assert.ok(dropped > 0 && dropped < QUERIES, `${dropped} of ${QUERIES} lines dropped`)

    nodens.child.stdout!.resume()
    const logged = (): string[] => nodens.stdout.split('\n').filter(line => line.endsWith('.example.'))
    await until(() => logged().length + dropped >= QUERIES)
    for (const line of logged()) assert.match(line, /^\[INFO\] x{60000} \d+\.example\.$/)
  })
}
