import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { until } from '#test/support/until.ts'

const THREAD = new URL('../fixtures/net/serving-thread.ts', import.meta.url)
const UDP = fileURLToPath(new URL('../../src/net/udp.ts', import.meta.url))

for (const [way, code] of [
  ['close', 0],
  ['exit', 0],
  ['throw', 1],
  ['terminate', 1],
] as const) {
  test(`a thread that serves UDP may end by '${way}' in the middle of traffic`, async t => {
    const thread = new Worker(THREAD, { workerData: way })
    thread.on('error', error => assert.match(String(error), /on purpose/))
    const exitCode = new Promise(resolve => thread.on('exit', resolve))
    const [port] = (await once(thread, 'message')) as [number]
    const client = dgram.createSocket('udp4')
    t.after(() => client.close())
    let replies = 0
    client.on('message', () => {
      replies++
      client.send('again', port, '127.0.0.1')
    })
    for (let i = 0; i < 20; i++) client.send('first', port, '127.0.0.1')
    await until(() => replies > 100)
    if (way === 'terminate') await thread.terminate()
    else thread.postMessage('end')
    assert.equal(await exitCode, code)
  })
}

const run = promisify(execFile)
const script = (text: string) => ['--input-type=module', '--eval', text]
const listen = `
  import { listenUdp } from ${JSON.stringify(UDP)}
  const listener = await listenUdp({ address: '127.0.0.1', port: 0, responder: { begin() {}, answer: () => 0 } })
  process.stdout.write(listener.kind)`

test('a process whose main thread exits while it serves ends with its own exit code', async () => {
  await assert.rejects(run(process.execPath, script(`${listen}; process.exit(3)`)), { code: 3, stderr: '' })
})

test('nothing is printed about experimental features', async () => {
  const { stderr } = await run(process.execPath, script(`${listen}; await listener.close(0)`))
  assert.equal(stderr, '')
})

test('other warnings are still printed', async () => {
  const { stderr } = await run(
    process.execPath,
    script(`${listen}; await listener.close(0); process.emitWarning('mind')`),
  )
  assert.match(stderr, /Warning: mind/)
})

test('NODENS_UDP=dgram forces the portable transport', async () => {
  const options = { env: { ...process.env, NODENS_UDP: 'dgram' } }
  const { stdout } = await run(process.execPath, script(`${listen}; await listener.close(0)`), options)
  assert.equal(stdout, 'dgram')
})

test('the portable transport takes over where node:ffi is missing', async () => {
  const without = `process.getBuiltinModule = () => undefined; ${listen}; await listener.close(0)`
  const imported = without.replace(/import \{ listenUdp \} from (.*)/, 'const { listenUdp } = await import($1)')
  assert.equal((await run(process.execPath, script(imported))).stdout, 'dgram')
})

test('why the portable transport is used is told', async () => {
  const text = `const { udpTransportText } = await import(${JSON.stringify(UDP)}); process.stdout.write(udpTransportText())`
  const cases: [before: string, wanted: string][] = [
    ['process.getBuiltinModule = () => undefined', `Node ${process.version} has no node:ffi`],
    ['process.getBuiltinModule = () => { throw new Error("forbidden") }', 'node:ffi cannot be used: forbidden'],
    [
      'Object.defineProperty(process, "platform", { value: "plan9" })',
      `this is plan9 on ${process.arch}, not Linux on x64 or arm64`,
    ],
    ['process.env.NODENS_UDP = "dgram"', 'NODENS_UDP=dgram'],
  ]
  for (const [before, wanted] of cases) {
    const { stdout } = await run(process.execPath, script(`${before}; ${text}`))
    assert.equal(stdout, `UDP over node:dgram: ${wanted}`)
  }
})
