import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { metadataProvider } from '#plugin/metadata.ts'
import type { Query } from '#plugin/query.ts'
import { reply } from '#plugin/reply.ts'
import { log } from '#plugins/log/index.ts'
import { metadata } from '#plugins/metadata/index.ts'
import { buildPlugin, makeQuery } from '#test/support/plugin.ts'

const asked: string[] = []
const note: AnyPlugin = definePlugin<null>({
  name: 'note',
  once: true,
  parse: () => null,
  build(_, next, env) {
    env.provide(metadataProvider, {
      plugin: 'note',
      metadata(label, query) {
        asked.push(label)
        return label === 'note/client' ? query.peer.address : label === 'note/empty' ? '' : null
      },
    })
    return query => {
      query.metadata?.set('note/set', 'on the way')
      return next(query)
    }
  },
})

async function lineOf(
  t: TestContext,
  directives: string,
  query: Query = makeQuery('a.example.', 'A'),
): Promise<string> {
  const lines: string[] = []
  t.after(captureLines(line => lines.push(line)))
  const plugins = [metadata, log, note]
  const { handler } = buildPlugin(metadata, directives, { plugins, next: () => reply('next', {}) })
  await handler(query)
  return lines.join('\n')
}

const FORMAT = 'note\nlog . "{/note/client} {/note/set} {/note/empty} {/note/none} {/other/client}"'

describe('metadata', () => {
  it('prints what plugins know and what they noted, and - for what nobody does', async t => {
    assert.match(await lineOf(t, `metadata\n${FORMAT}`), /\[INFO\] 10\.240\.0\.1 on the way - - -$/)
  })

  it('has nothing where it is not in the block', async t => {
    assert.match(await lineOf(t, FORMAT), /\[INFO\] - - - - -$/)
  })

  it('has nothing for names outside its zones', async t => {
    assert.match(await lineOf(t, `metadata example.org\n${FORMAT}`), /\[INFO\] - - - - -$/)
    assert.match(await lineOf(t, `metadata Example\n${FORMAT}`), /\[INFO\] 10\.240/)
  })

  it('works out nothing that is not read', async t => {
    asked.length = 0
    await lineOf(t, 'metadata\nnote\nlog . "{name}"')
    assert.deepEqual(asked, [])
  })

  it('leaves nothing behind in a query object that is used again', async t => {
    const query = makeQuery('a.example.', 'A')
    await lineOf(t, `metadata\n${FORMAT}`, query)
    assert.equal(query.metadata, null)
  })
})
