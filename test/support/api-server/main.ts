import { parseArgs } from 'node:util'
import { certificates } from '#test/support/api-server/certificates.ts'
import { startControl } from '#test/support/api-server/control.ts'
import { startApiServer } from '#test/support/api-server/server.ts'

// The fake API server as a process of its own. It prints one line of JSON, `{"url": ..., "control": PORT}`, and ends with
// its standard input, so that it never outlives whoever started it.
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    tls: { type: 'boolean', default: false },
    window: { type: 'string', default: '20000' },
  },
})
const api = await startApiServer({
  port: Number(values.port),
  windowEvents: Number(values.window),
  ...(values.tls ? { tls: certificates.server } : {}),
})
const control = await startControl(api)
process.stdout.write(`${JSON.stringify({ url: api.url, control })}\n`)
process.stdin.on('end', () => process.exit()).resume()
