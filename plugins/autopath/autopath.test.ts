import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { Answer } from '#plugin/handler.ts'
import type { Query } from '#plugin/query.ts'
import { DROPPED, failure, reply } from '#plugin/reply.ts'
import { autopath } from '#plugins/autopath/index.ts'
import { searchDomains } from '#plugins/autopath/search-domains.ts'
import { erratic } from '#plugins/erratic/index.ts'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import { whoami } from '#plugins/whoami/index.ts'
import { clusterDirectory } from '#test/support/kubernetes.ts'
import type { PluginUnderTest, QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { Opcode } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

type Next = (query: Query) => Answer

/** Knows the name `www.test`, and nothing else. */
const WORLD: Next = query =>
  formatName(query.folded) === 'www.test.'
    ? reply('next', { answer: [rr('www.test. 30 IN A 192.0.2.1')] })
    : reply('next', { rcode: 3 })

async function start(t: TestContext, text: string, next: Next = WORLD): Promise<PluginUnderTest & { lines: string[] }> {
  const lines: string[] = []
  t.after(captureLines(line => lines.push(line)))
  const plugin = buildPlugin(autopath, text, { plugins: [autopath, kubernetes, erratic, whoami], next })
  t.after(() => plugin.instance.hooks.run('shutdown'))
  await plugin.instance.hooks.run('startup')
  return { ...plugin, lines }
}

async function withFile(t: TestContext, next: Next = WORLD, zones = ''): Promise<PluginUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-autopath-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'resolv.conf'), 'nameserver 192.0.2.3\nsearch a.org b.org\n')
  return start(t, `autopath ${zones} ${directory}/resolv.conf`, next)
}

async function show(plugin: PluginUnderTest, name: string, parts: QueryParts = {}): Promise<string> {
  return showReply(await plugin.handler(makeQuery(name, 'A', parts)))
}

function asked(plugin: PluginUnderTest): string[] {
  return plugin.nextQueries.map(query => formatName(query.name))
}

const FOUND = (name: string): string =>
  `NOERROR\nanswer ${name} 30 IN CNAME www.test.\nanswer www.test. 30 IN A 192.0.2.1`

describe('autopath', () => {
  it('tries each domain, then the bare name, and leads there by CNAME', async t => {
    const plugin = await withFile(t)
    assert.equal(await show(plugin, 'WWW.test.a.org.'), FOUND('WWW.test.a.org.'))
    assert.deepEqual(asked(plugin), ['WWW.test.a.org.', 'WWW.test.b.org.', 'WWW.test.'])
    assert.match(plugin.metrics.expose(), /^coredns_autopath_success_total\{server="dns:\/\/:0"\} 1$/m)
  })

  it('leaves an answer to the name itself as it is, made without a promise', async t => {
    const plugin = await withFile(t, query =>
      reply('next', { answer: [rr(`${formatName(query.name)} 30 IN A 192.0.2.1`)] }),
    )
    assert.ok(!(plugin.handler(makeQuery('www.a.org.', 'A')) instanceof Promise))
    assert.equal(await show(plugin, 'www.a.org.'), 'NOERROR\nanswer www.a.org. 30 IN A 192.0.2.1')
  })

  it('gives the first denial when nothing exists', async t => {
    const plugin = await withFile(t, query =>
      reply('next', { rcode: 3, authority: [rr(`${formatName(query.name)} 1 IN NS x.`)] }),
    )
    assert.equal(await show(plugin, 'no.a.org.'), 'NXDOMAIN\nauthority no.a.org. 1 IN NS x.')
    assert.ok(!plugin.metrics.expose().includes('success_total{'))
  })

  it('takes a name without data of the type for an answer', async t => {
    const plugin = await withFile(t, () => reply('next', {}))
    assert.equal(await show(plugin, 'www.a.org.'), 'NOERROR')
    assert.equal(asked(plugin).length, 1)
  })

  it('ends at an error and at silence, and goes past a bare rcode', async t => {
    const at =
      (reply: Answer): Next =>
      query =>
        query.folded.includes('\x01b') ? reply : WORLD(query)
    const failed = await withFile(t, at(failure(2, new Error('broken'))))
    assert.equal(await show(failed, 'www.test.a.org.'), 'SERVFAIL bare')
    assert.equal(await show(await withFile(t, at(DROPPED)), 'www.test.a.org.'), 'dropped')
    assert.equal(await show(await withFile(t, at(failure(5))), 'www.test.a.org.'), FOUND('www.test.a.org.'))
  })

  it('waits for answers that take time', async t => {
    const plugin = await withFile(t, query => Promise.resolve(WORLD(query)))
    assert.equal(await show(plugin, 'www.test.a.org.'), FOUND('www.test.a.org.'))
  })

  it('passes names elsewhere, the domain itself, other opcodes and other zones', async t => {
    const plugin = await withFile(t)
    for (const name of ['www.b.org.', 'a.org.', 'xa.org.']) await show(plugin, name)
    await show(plugin, 'www.a.org.', { flags: Opcode.NOTIFY << 11 })
    await show(await withFile(t, WORLD, 'b.org'), 'www.a.org.')
    assert.deepEqual(asked(plugin), ['www.b.org.', 'a.org.', 'xa.org.', 'www.a.org.'])
  })

  it('leaves out names that would be too long', async t => {
    const label = 'a'.repeat(61)
    const plugin = await withFile(t)
    assert.equal(await show(plugin, `${[label, label, label, label].join('.')}.a.org.`), 'NXDOMAIN')
  })

  it('does not start without its file', async t => {
    await assert.rejects(start(t, 'autopath /nowhere/resolv.conf'), /failed to parse "\/nowhere\/resolv\.conf": ENOENT/)
  })

  it('does not start with a plugin that knows no paths, and does nothing with one that is not there', async t => {
    await assert.rejects(start(t, 'autopath @whoami\nwhoami'), /plugin whoami does not know any search paths/)
    const plugin = await start(t, 'autopath @nobody')
    assert.equal(await show(plugin, 'www.test.a.org.'), 'NXDOMAIN')
    assert.match(
      plugin.lines.join(),
      /\[WARNING\] plugin\/autopath: Does nothing: plugin nobody is not in this server block/,
    )
  })
})

describe('autopath @kubernetes', () => {
  const cluster = async (t: TestContext, option: string, pods: string, more = '') => {
    const directory = clusterDirectory()
    t.after(() => rmSync(directory, { recursive: true }))
    const lines = `manifests ${directory}\npods ${pods}\n${more}`
    return start(t, `autopath @kubernetes ${option}\nkubernetes cluster.local clusterset.local {\n${lines}\n}`)
  }

  it('has the path of the pod that asks', async t => {
    const plugin = await cluster(t, '', 'verified')
    const own = 'www.test.podns.svc.cluster.local.'
    assert.equal(await show(plugin, own, { client: '10.240.0.1' }), FOUND(own))
    assert.match(await show(plugin, own, { client: '10.240.0.7' }), /^NXDOMAIN/)
    assert.match(await show(plugin, 'www.test.testns.svc.cluster.local.', { client: '10.240.0.1' }), /^NXDOMAIN/)
  })

  it('finds services of other namespaces on the way', async t => {
    const plugin = await cluster(t, '', 'verified')
    assert.match(
      await show(plugin, 'svc1.testns.podns.svc.cluster.local.', { client: '10.240.0.1' }),
      /CNAME svc1\.testns\.svc\.cluster\.local\.\nanswer svc1\.testns\.svc\.cluster\.local\. 5 IN A 10\.0\.0\.1$/,
    )
  })

  it('does nothing without pods verified, and says so', async t => {
    const plugin = await cluster(t, '', 'insecure')
    assert.match(await show(plugin, 'www.test.podns.svc.cluster.local.', { client: '10.240.0.1' }), /^NXDOMAIN/)
    assert.match(plugin.lines.join(), /does not know its clients/)
  })

  const names: [rule: string, name: string, searched: boolean][] = [
    ['a name of two labels', 'www.test.testns', true],
    ['a name of four labels', 'a.b.www.test.testns', true],
    ['four labels before a service that exists', 'a.b.c.svc1.testns', true],
    ['one label may be a service', 'www.testns', false],
    ['two labels may be an endpoint of a service that exists', 'www.svc1.testns', false],
    ['three labels may be a port of a service that exists', 'a.b.svc1.testns', false],
    ['three labels with a protocol may be a port', '_http._tcp.test.testns', false],
    ['without underscores too', 'http.tcp.test.testns', false],
    ['two labels with a protocol may be above a port', '_tcp.test.testns', false],
    ['the namespace must exist', 'www.test.nowhere', false],
  ]
  for (const [rule, prefix, searched] of names) {
    it(`namespace-from-name: ${rule}: ${prefix}`, async t => {
      const plugin = await cluster(t, 'namespace-from-name', 'disabled')
      await show(plugin, `${prefix}.svc.cluster.local.`, { client: '192.0.2.77' })
      assert.equal(asked(plugin).length > 0, searched)
    })
  }

  const imported: [rule: string, name: string, searched: boolean][] = [
    ['an endpoint and cluster of an imported service are a name', 'db-0.north.db.testns', false],
    ['services of the cluster itself are none of the zone', 'a.b.svc1.testns', true],
    ['there are no names by topology zone', 'z1.pin._zone.nope.testns', true],
  ]
  for (const [rule, prefix, searched] of imported) {
    it(`namespace-from-name in a multicluster zone: ${rule}: ${prefix}`, async t => {
      const plugin = await cluster(t, 'namespace-from-name', 'disabled', 'multicluster clusterset.local\nzonal')
      await show(plugin, `${prefix}.svc.clusterset.local.`, { client: '192.0.2.77' })
      assert.equal(asked(plugin).length > 0, searched)
    })
  }

  it('namespace-from-name: with the option zonal a name by topology zone is meant as it is', async t => {
    for (const [more, searched] of [
      ['', true],
      ['zonal', false],
    ] as const) {
      const plugin = await cluster(t, 'namespace-from-name', 'disabled', more)
      await show(plugin, 'z1.pin._zone.nope.testns.svc.cluster.local.', { client: '192.0.2.77' })
      assert.equal(asked(plugin).length > 0, searched)
    }
  })

  it('namespace-from-name: leads to what is found', async t => {
    const plugin = await cluster(t, 'namespace-from-name', 'disabled')
    const name = 'www.test.testns.svc.cluster.local.'
    assert.equal(await show(plugin, name), FOUND(name))
    assert.match(await show(plugin, 'www.test.testns.pod.cluster.local.'), /^NXDOMAIN/)
  })
})

describe('autopath @erratic', () => {
  it('has its two domains', async t => {
    const plugin = await start(t, 'autopath @erratic\nerratic {\ndrop 0\n}')
    assert.equal(await show(plugin, 'www.a.example.org.'), 'NOERROR aa\nanswer www.a.example.org. 0 IN A 192.0.2.53')
  })
})

describe('search domains', () => {
  const rows: [text: string, domains: string][] = [
    ['search a.org b.org', 'a.org. b.org.'],
    ['# c\nnameserver 1.1.1.1\n  search\ta.org\n', 'a.org.'],
    ['search a.org\nsearch b.org', 'b.org.'],
    ['domain a.org b.org', 'a.org.'],
    ['search a..b c.org', 'c.org.'],
    ['options ndots:5', ''],
  ]
  for (const [text, domains] of rows) {
    it(JSON.stringify(text), () => assert.equal(searchDomains(text).map(formatName).join(' '), domains))
  }
})
