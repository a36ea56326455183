import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getJson } from '#test/support/api-server/api-client.ts'
import { namespace } from '#test/support/api-server/cluster.ts'
import { startApiServerProcess } from '#test/support/api-server/process.ts'

describe('an API server in its own process', () => {
  it('is changed, broken and asked over its control port', async t => {
    const api = await startApiServerProcess(100)
    t.after(() => api.stop())
    assert.equal(await api.call('generate', { services: 3, slices: 2, endpointsPerSlice: 5, pods: 1 }), 9)
    await api.call('apply', [namespace('more')])
    await api.call('delete', { kind: 'Namespace', name: 'ns-0' })
    const { body } = await getJson<{ items: { metadata: { name: string } }[] }>(`${api.url}/api/v1/namespaces`)
    assert.deepEqual(
      body.items.map(({ metadata }) => metadata.name),
      ['more', 'ns-1', 'ns-2'],
    )
    assert.ok((await api.call('churn', { perSecond: 100, seconds: 0.1, slices: 2, endpointsPerSlice: 5 })) > 0)
    await api.call('fault', 'refuse')
    await assert.rejects(getJson(`${api.url}/version`))
    await api.call('fault', 'accept')
    assert.deepEqual(await api.call('state'), {
      watches: 0,
      backlogOctets: 0,
      requests: 1,
      used: ['list namespaces'],
    })
    await assert.rejects(api.call('fault', 'nonsense' as 'hang'))
  })
})
