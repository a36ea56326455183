import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import { bootServer } from '#test/support/server.ts'
import { Class, Rcode } from '#wire/constants.ts'

describe('health, ready and prometheus', () => {
  it('share an address over HTTP', async t => {
    const port = await freePort()
    const address = `127.0.0.1:${port}`
    const server = await bootServer(`. {
      health ${address}
      ready ${address}
      prometheus ${address}
      whoami
    }`)
    t.after(() => server.close())
    await server.ask('example.org.', 'A')
    assert.deepEqual(await get(`http://${address}/health`), [200, 'OK'])
    assert.deepEqual(await get(`http://${address}/ready`), [200, 'OK'])
    const [status, page] = await get(`http://${address}/metrics`)
    assert.equal(status, 200)
    const responses = `coredns_dns_responses_total{server="dns://:0",zone=".",view="",rcode="NOERROR",plugin="whoami"} 1\n`
    assert.ok(page.includes(responses), page)
  })

  it('keep answering through a reload, and give their port back when they are gone', async t => {
    const port = await freePort()
    const corefile = `. {\nhealth 127.0.0.1:${port}\nwhoami\n}\n`
    const server = await bootServer(corefile)
    t.after(() => server.close())
    server.writeCorefile(`${corefile}\nexample.org {\nerratic\n}`)
    await server.runtime.reload()
    assert.deepEqual(await get(`http://127.0.0.1:${port}/health`), [200, 'OK'])
    server.writeCorefile('. {\nwhoami\n}')
    await server.runtime.reload()
    await assert.rejects(fetch(`http://127.0.0.1:${port}/health`))
  })

  it('stop the start when their address is taken', async t => {
    const port = await freePort()
    const server = await bootServer(`. {\nhealth 127.0.0.1:${port}\nwhoami\n}`)
    t.after(() => server.close())
    await assert.rejects(bootServer(`. {\nhealth 127.0.0.2:99999\nwhoami\n}`), /invalid port/)
  })
})

describe('queries that reach no chain', () => {
  it('are counted under the zone dropped', async t => {
    const server = await bootServer('example.org {\nprometheus 127.0.0.1:0\nwhoami\n}\nbare.org {\nroot .\n}')
    t.after(() => server.close())
    assert.equal((await server.ask('example.com.', 'A')).rcode, Rcode.REFUSED)
    assert.equal((await server.ask('example.org.', 'A', { class: Class.CH })).rcode, Rcode.REFUSED)
    assert.equal((await server.ask('www.bare.org.', 'A')).rcode, Rcode.REFUSED, 'a block without a plugin that answers')
    const responses =
      'coredns_dns_responses_total{server="dns://:0",zone="dropped",view="",rcode="REFUSED",plugin=""} 3\n'
    assert.ok(server.metrics().includes(responses), server.metrics())
  })
})

describe('log and errors', () => {
  it('write what is asked and what went wrong, and no name breaks a line', async t => {
    const server = await bootServer('. {\nlog\nerrors\nwhoami\n}')
    t.after(() => server.close())
    await server.ask('a\\010"b.Example.', 'MX')
    const [logged, failed] = server.lines
    const expected = /^\[INFO\] 127\.0\.0\.1:\d+ - \d+ "MX IN a\\010\\"b\.example\. udp 41 false 1232" (.+)$/
    assert.match(logged!, expected)
    assert.equal(failed, undefined)
  })

  it('log the error of a chain that ends without an answer', async t => {
    const server = await bootServer('. {\nlog . "{rcode} {name}"\nerrors\n}')
    t.after(() => server.close())
    assert.equal((await server.ask('example.org.', 'A')).rcode, Rcode.SERVFAIL)
    assert.deepEqual(server.lines, [
      '[INFO] SERVFAIL example.org.',
      '[ERROR] plugin/errors: 2 example.org. A: plugin/log: no next plugin found',
    ])
  })
})

describe('loop', () => {
  it('ends a server that forwards to itself', async t => {
    const port = await freePort()
    const server = await bootServer(`.:${port} {\nloop\nforward . 127.0.0.1:${port}\n}`)
    t.after(() => server.close())
    for (let i = 0; i < 200 && server.fatal.length === 0; i++) await pause()
    assert.match(
      server.fatal[0] ?? '',
      new RegExp(`^plugin/loop: Loop \\(127\\.0\\.0\\.1:\\d+ -> :${port}\\) detected for zone "\\."`),
    )
  })

  it('leaves a server alone whose queries do not come back', async t => {
    const server = await bootServer('. {\nloop\nlog\nwhoami\n}')
    t.after(() => server.close())
    for (let i = 0; i < 200 && server.lines.length === 0; i++) await pause()
    assert.deepEqual(server.fatal, [])
    assert.match(server.lines[0]!, /"HINFO IN \d+\.\d+\. udp /)
  })
})

describe('reload', () => {
  it('takes a changed Corefile over by itself', async t => {
    const server = await bootServer('. {\nreload 2s 0s\nwhoami\n}')
    t.after(() => server.close())
    assert.match(server.lines[0]!, /^\[INFO\] plugin\/reload: Running configuration SHA512 = [0-9a-f]{128}$/)
    server.writeCorefile('. {\nreload 2s 0s\nerratic\n}')
    for (let i = 0; i < 400 && !server.lines.includes('[INFO] Reloading complete'); i++) await pause()
    assert.ok(server.lines.includes('[INFO] Reloading complete'), server.lines.join('\n'))
    assert.equal(server.lines.filter(line => line.includes('SHA512')).length, 2)
  })
})

async function get(url: string): Promise<[status: number, body: string]> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return [response.status, await response.text()]
}

/** A UDP port that nothing listens on now; TCP ports are taken from the same range. */
function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 20))
}
