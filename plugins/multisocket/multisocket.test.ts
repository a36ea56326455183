import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import test from 'node:test'
import { readiness } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { multisocket } from '#plugins/multisocket/index.ts'
import { servingThreadCount, socketCountOf } from '#server/listen-groups.ts'
import { buildPlugin } from '#test/support/plugin.ts'

const cases: readonly [directive: string, sockets: number, threads: number][] = [
  ['multisocket 1', 1, 0],
  ['multisocket 2', 2, 2],
  ['multisocket 1024', 1024, 1024],
  ['multisocket', availableParallelism(), availableParallelism() > 1 ? availableParallelism() : 0],
]
for (const [directive, sockets, threads] of cases) {
  test(`${directive}: ${sockets} sockets, ${threads} serving threads`, () => {
    const { plan } = buildPlugin(multisocket, directive).instance
    assert.equal(socketCountOf(plan.groups[0]!), sockets)
    assert.equal(servingThreadCount(plan.groups), threads)
  })
}

test('multisocket is ready where one thread does everything', () => {
  let states: boolean[] = []
  const asker: AnyPlugin = definePlugin<null>({
    name: 'asker',
    once: true,
    parse: () => null,
    build(_options, _next, env) {
      env.onStartup(() => {
        states = env.offers(readiness).map(each => each.ready())
      })
      return null
    },
  })
  const { instance } = buildPlugin(multisocket, 'multisocket 1\nasker', { plugins: [multisocket, asker] })
  return instance.hooks.run('startup').then(() => assert.deepEqual(states, [true]))
})
