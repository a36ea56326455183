import assert from 'node:assert/strict'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { pluginLogger } from '#plugin/log.ts'
import { MetricRegistry } from '#plugin/metrics.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { hosts } from '#plugins/hosts/index.ts'
import { HostsSource } from '#plugins/hosts/source.ts'
import type { QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'
import { Class } from '#wire/constants.ts'
import { foldName, name, ROOT } from '#wire/name.ts'

const next = () => reply('next', { rcode: 5 })

/** What the plugin answers with inline entries alone. */
function ask(lines: string[], question: string, parts: QueryParts = {}, directive = 'hosts /nonexistent'): string {
  const { handler } = buildPlugin(hosts, `${directive} {\n${lines.join('\n')}\n}`, { next })
  const [owner, type] = question.split(' ')
  return showReply(handler(makeQuery(owner!, type!, parts)) as Reply)
}

describe('answers', () => {
  const lines = [
    '192.168.1.10 printer.home.arpa printer',
    'fd00:1::10 printer.home.arpa',
    '192.168.1.11 PRINTER.home.arpa',
    '192.168.1.10 printer.home.arpa',
    'fe80::1%eth0 router.home.arpa',
    '::ffff:192.168.1.12 mapped.home.arpa',
    '192.168.1.30 *.lab.home.arpa',
    '192.168.1.31 one.lab.home.arpa',
  ]
  const servfail = 'SERVFAIL bare'
  const rules: [rule: string, question: string, shown: string][] = [
    [
      'every address once, in the order of the lines',
      'printer.home.arpa A',
      'NOERROR aa\nanswer printer.home.arpa. 3600 IN A 192.168.1.10\nanswer printer.home.arpa. 3600 IN A 192.168.1.11',
    ],
    [
      'AAAA of the same name',
      'printer.home.arpa AAAA',
      'NOERROR aa\nanswer printer.home.arpa. 3600 IN AAAA fd00:1::10',
    ],
    ['the owner is in lower case', 'PRINTER A', 'NOERROR aa\nanswer printer. 3600 IN A 192.168.1.10'],
    ['a name without such addresses has no data', 'printer AAAA', 'NOERROR aa'],
    ['other types have no data', 'printer TXT', 'NOERROR aa'],
    ['an unknown name is a failure, since there is no SOA to deny it', 'nas A', servfail],
    ['an IPv6 zone is left out', 'router.home.arpa AAAA', 'NOERROR aa\nanswer router.home.arpa. 3600 IN AAAA fe80::1'],
    [
      'an IPv4-mapped address is an IPv4 address',
      'mapped.home.arpa A',
      'NOERROR aa\nanswer mapped.home.arpa. 3600 IN A 192.168.1.12',
    ],
    [
      'a wildcard stands for one label',
      'two.LAB.home.arpa A',
      'NOERROR aa\nanswer two.lab.home.arpa. 3600 IN A 192.168.1.30',
    ],
    [
      'a name of its own comes before the wildcard',
      'one.lab.home.arpa A',
      'NOERROR aa\nanswer one.lab.home.arpa. 3600 IN A 192.168.1.31',
    ],
    ['a wildcard does not stand for two labels', 'a.two.lab.home.arpa A', servfail],
    ['a wildcard does not stand for none', 'lab.home.arpa A', servfail],
    [
      'PTR gives all names of the address',
      '10.1.168.192.in-addr.arpa PTR',
      'NOERROR aa\nanswer 10.1.168.192.in-addr.arpa. 3600 IN PTR printer.home.arpa.\nanswer 10.1.168.192.in-addr.arpa. 3600 IN PTR printer.',
    ],
    [
      'PTR of an IPv6 address',
      '0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.D.F.ip6.arpa PTR',
      'NOERROR aa\nanswer 0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa. 3600 IN PTR printer.home.arpa.',
    ],
    ['PTR of an unknown address goes on', '9.1.168.192.in-addr.arpa PTR', 'REFUSED'],
    ['a wildcard is no name of its address', '30.1.168.192.in-addr.arpa PTR', 'REFUSED'],
  ]
  for (const [rule, question, shown] of rules) test(rule, () => assert.equal(ask(lines, question), shown))
})

describe('options', () => {
  const entry = '192.168.1.10 printer.home.arpa'
  const A = 'printer.home.arpa A'
  const rules: [rule: string, lines: string[], question: string, shown: string, directive?: string][] = [
    ['ttl', [entry, 'ttl 60'], A, 'NOERROR aa\nanswer printer.home.arpa. 60 IN A 192.168.1.10'],
    ['no_reverse', [entry, 'no_reverse'], '10.1.168.192.in-addr.arpa PTR', 'REFUSED'],
    ['fallthrough', [entry, 'fallthrough'], 'nas.home.arpa A', 'REFUSED'],
    ['fallthrough of a zone', [entry, 'fallthrough home.arpa'], 'nas.home.arpa A', 'REFUSED'],
    ['fallthrough of another zone', [entry, 'fallthrough example'], 'nas.home.arpa A', 'SERVFAIL bare'],
    ['fallthrough leaves other types of known names', [entry, 'fallthrough'], 'printer.home.arpa MX', 'NOERROR aa'],
    ['fallthrough_unsupported', [entry, 'fallthrough', 'fallthrough_unsupported'], 'printer.home.arpa MX', 'REFUSED'],
    [
      'fallthrough_unsupported leaves A and AAAA',
      [entry, 'fallthrough', 'fallthrough_unsupported'],
      'printer.home.arpa AAAA',
      'NOERROR aa',
    ],
    [
      'names outside the zones pass',
      ['10.0.0.1 a.example', entry],
      'a.example A',
      'REFUSED',
      'hosts /nonexistent home.arpa',
    ],
    [
      'names in the zones are answered',
      [entry],
      A,
      'NOERROR aa\nanswer printer.home.arpa. 3600 IN A 192.168.1.10',
      'hosts /nonexistent home.arpa',
    ],
    [
      'addresses are looked up in any zone',
      [entry],
      '10.1.168.192.in-addr.arpa PTR',
      'NOERROR aa\nanswer 10.1.168.192.in-addr.arpa. 3600 IN PTR printer.home.arpa.',
      'hosts /nonexistent home.arpa',
    ],
  ]
  for (const [rule, lines, question, shown, directive] of rules) {
    test(rule, () => assert.equal(ask(lines, question, {}, directive), shown))
  }
})

test('a query of another class passes', () => {
  const { handler } = buildPlugin(hosts, 'hosts /nonexistent {\n10.0.0.1 a.example\n}', { next })
  const query = makeQuery('a.example', 'A', { class: Class.CH })
  assert.equal((handler(query) as Reply).rcode, 5)
})

describe('the file', () => {
  let directory = ''
  before(async () => void (directory = await mkdtemp(join(tmpdir(), 'nodens-hosts-'))))
  after(() => rm(directory, { recursive: true }))

  /** A source for `path`, what it logs, and what it says of a name. */
  function source(path: string, inline: string[] = []) {
    const metrics = new MetricRegistry()
    const entries = metrics.gauge({ name: 'coredns_hosts_entries', help: '' }).labels()
    const reloadTimestamp = metrics.gauge({ name: 'coredns_hosts_reload_timestamp_seconds', help: '' }).labels()
    const options = {
      path,
      inline,
      zones: [ROOT],
      ttlSeconds: 1,
      reverse: true,
      reloadMs: 0,
      fallthrough: null,
      fallthroughUnsupported: false,
    }
    const lines: string[] = []
    const made = new HostsSource(options, path, pluginLogger('hosts'), { entries, reloadTimestamp }, () => {})
    const refresh = async () => {
      const stop = captureLines(line => lines.push(line))
      await made.refresh()
      stop()
    }
    const ipv4 = (text: string) => made.table.addressesOf(foldName(name(text)))?.ipv4.map(octets => octets.join('.'))
    return { refresh, ipv4, lines, entries, reloadTimestamp }
  }

  test('comes before the inline entries', async () => {
    const path = join(directory, 'order')
    await writeFile(path, '# a comment\n\n10.0.0.1\ta b # another\r\n')
    const { refresh, ipv4, entries } = source(path, ['10.0.0.2 a'])
    assert.deepEqual(ipv4('a'), ['10.0.0.2'])
    await refresh()
    assert.deepEqual(ipv4('a'), ['10.0.0.1', '10.0.0.2'])
    assert.equal(entries.value, 6)
  })

  test('is read again when its time or size changes, and kept when it is gone', async () => {
    const path = join(directory, 'reload')
    await writeFile(path, '10.0.0.1 a\n')
    await utimes(path, 1000, 1000)
    const { refresh, ipv4, lines, reloadTimestamp } = source(path)
    await refresh()
    assert.deepEqual(ipv4('a'), ['10.0.0.1'])
    assert.equal(reloadTimestamp.value, 1000)
    await writeFile(path, '10.0.0.2 a\n')
    await utimes(path, 1000, 1000)
    await refresh()
    assert.deepEqual(ipv4('a'), ['10.0.0.1'])
    await utimes(path, 1001, 1001)
    await refresh()
    assert.deepEqual(ipv4('a'), ['10.0.0.2'])
    await rm(path)
    await refresh()
    await refresh()
    assert.deepEqual(ipv4('a'), ['10.0.0.2'])
    assert.deepEqual(lines, [`[WARNING] plugin/hosts: File does not exist: ${path}`])
  })

  test('that is a directory is a warning', async () => {
    const { refresh, lines } = source(directory)
    await refresh()
    assert.deepEqual(lines, [`[WARNING] plugin/hosts: Hosts file "${directory}" is a directory`])
  })

  test('may be a device, which is empty', async () => {
    const { refresh, lines } = source('/dev/null')
    await refresh()
    assert.deepEqual(lines, [])
  })

  test('has the lines skipped that make no sense, and the first ten are named', async () => {
    const path = join(directory, 'broken')
    await writeFile(path, `10.0.0.1 a\n10.0.0 b\n10.0.0.3 ${'x'.repeat(64)} c\n${'? d\n'.repeat(20)}`)
    const { refresh, ipv4, lines } = source(path)
    await refresh()
    assert.deepEqual(ipv4('c'), ['10.0.0.3'])
    assert.equal(lines.length, 11)
    assert.deepEqual(lines.slice(0, 2), [
      `[WARNING] plugin/hosts: ${path}:2: skipped, '10.0.0' is not an IP address`,
      `[WARNING] plugin/hosts: ${path}:3: skipped, '${'x'.repeat(64)}' is not a domain name`,
    ])
    assert.equal(lines[10], `[WARNING] plugin/hosts: ${path}: more lines were skipped`)
  })

  test('with many names of one address gives a PTR reply of bounded size', async () => {
    const path = join(directory, 'block')
    await writeFile(path, Array.from({ length: 12_000 }, (_, i) => `0.0.0.0 ad${i}.example`).join('\n'))
    const { handler, instance } = buildPlugin(hosts, `hosts ${path} {\nreload 0\n}`, { next })
    await instance.hooks.run('startup')
    assert.equal((handler(makeQuery('ad11999.example', 'A')) as Reply).answer.length, 1)
    assert.equal((handler(makeQuery('0.0.0.0.in-addr.arpa', 'PTR')) as Reply).answer.length, 128)
  })
})
