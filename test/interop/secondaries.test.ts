import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'
import type { SecondaryKind } from '#test/support/secondary.ts'
import { secondaryProgram, startSecondary } from '#test/support/secondary.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import { soaOf } from '#wire/build.ts'
import { formatRecord } from '#wire/text.ts'

const SERVICE = (name: string, ip: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { clusterIP: ${ip}, ports: [{ name: http, port: 80 }] } }`

const QUESTIONS: [name: string, type: string][] = [
  ['web.default.svc.cluster.local', 'A'],
  ['web.default.svc.cluster.local', 'AAAA'],
  ['web.default.svc.cluster.local', 'SRV'],
  ['_http._tcp.web.default.svc.cluster.local', 'SRV'],
  ['none.default.svc.cluster.local', 'A'],
  ['default.svc.cluster.local', 'A'],
  ['cluster.local', 'SOA'],
  ['cluster.local', 'NS'],
]

async function answers(port: number, [name, type]: [string, string]): Promise<string> {
  const { rcode, answer } = await ask(port, name, type)
  return [rcode, ...answer.map(record => formatRecord(record)).sort()].join('\n')
}

for (const kind of ['named', 'knotd'] satisfies SecondaryKind[]) {
  const skip = secondaryProgram(kind) === null ? `${kind} is not installed` : false
  describe(`${kind} as a secondary`, { skip, timeout: 60_000 }, () => {
    it('takes the zone, answers as the primary does, and hears of changes', async t => {
      const port = await freePort()
      const primary = await bootServer(
        // Bound to an address, so that the zone has an NS record, without which BIND takes none, on a machine without network.
        `cluster.local {
  bind 127.0.0.1
  kubernetes {
    manifests cluster.yaml
  }
  transfer {
    to 127.0.0.1:${port}
  }
}
`,
        { files: { 'cluster.yaml': SERVICE('web', '10.96.0.7') } },
      )
      t.after(() => primary.close())
      const secondary = startSecondary(kind, primary.port, port)
      t.after(() => secondary.stop())
      const serial = async (at: number): Promise<number> => {
        const reply = await ask(at, 'cluster.local', 'SOA', { timeoutMs: 500 }).catch(() => null)
        return reply?.answer[0] === undefined ? -1 : soaOf(reply.answer[0]).serial
      }
      const isUpToDate = async () => (await serial(port)) === (await serial(primary.port))
      await until(isUpToDate)
      for (const question of QUESTIONS) {
        assert.equal(await answers(port, question), await answers(primary.port, question), question.join(' '))
      }
      // The serial is in seconds: a change in the same one would go unnoticed by any secondary.
      await new Promise(resolve => setTimeout(resolve, 1100))
      const before = await serial(primary.port)
      primary.writeFile('cluster.yaml', `${SERVICE('web', '10.96.0.8')}\n---\n${SERVICE('new', '10.96.0.9')}`)
      await until(async () => (await serial(primary.port)) !== before)
      await until(isUpToDate)
      const fresh: [string, string][] = [['new.default.svc.cluster.local', 'A'], ...QUESTIONS]
      for (const question of fresh) {
        assert.equal(await answers(port, question), await answers(primary.port, question), question.join(' '))
      }
    })
  })
}
