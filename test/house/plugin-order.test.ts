import assert from 'node:assert/strict'
import test from 'node:test'
import { plugins } from '#plugins/order.ts'
import { assertNone, filesMatching } from '#test/support/source.ts'

/** CoreDNS 1.14.7's plugin.cfg: the order in which plugins see a query. */
const chain = [
  ...['root', 'metadata', 'geoip', 'cancel', 'proxyproto', 'quic', 'grpc_server', 'https', 'https3', 'timeouts'],
  ...['multisocket', 'reload', 'nsid', 'bufsize', 'bind', 'debug', 'trace', 'ready', 'health', 'pprof', 'shed'],
  ...['prometheus', 'errors', 'log', 'dnstap', 'local', 'dns64', 'any', 'chaos', 'loadbalance', 'tsig', 'rewrite'],
  ...['autopath', 'acl', 'cache', 'header', 'dnssec', 'tls', 'minimal', 'template', 'transfer', 'hosts', 'route53'],
  ...['azure', 'clouddns', 'k8s_external', 'kubernetes', 'file', 'auto', 'secondary', 'etcd', 'loop', 'forward'],
  ...['grpc', 'erratic', 'whoami', 'on', 'sign', 'view', 'nomad'],
]

test('plugins stand in the order of CoreDNS', () => {
  const names = plugins.map(plugin => plugin.name)
  const expected = names.toSorted((left, right) => chain.indexOf(left) - chain.indexOf(right))
  assert.deepEqual(names, expected, 'Put the line in plugins/order.ts where the order of plugin.cfg has it')
})

test('each plugin is one of CoreDNS, or says here where it belongs', () => {
  const unknown = plugins.map(plugin => plugin.name).filter(name => !chain.includes(name))
  assertNone(unknown, 'Add it to `chain` in this test, where it stands in the chain, and to docs/compat.md:')
})

test('each folder in plugins is a plugin in order.ts, and each plugin has its folder', () => {
  const folders = [...new Set(filesMatching('plugins/*/*').map(({ path }) => path.split('/')[1]!))]
  const names = plugins.map(plugin => plugin.name).sort()
  assert.deepEqual(
    names,
    folders,
    'List every plugin in plugins/order.ts; its folder has the name it has in a Corefile',
  )
})

test('each plugin has its man page, its module and tests', () => {
  const present = new Set(filesMatching('plugins/*/*').map(({ path }) => path))
  const tested = new Set(filesMatching('plugins/*/**/*.test.ts').map(({ path }) => path.split('/')[1]!))
  const missing = plugins.flatMap(({ name }) => [
    ...[`plugins/${name}/README.md`, `plugins/${name}/index.ts`].filter(path => !present.has(path)),
    ...(tested.has(name) ? [] : [`plugins/${name}/*.test.ts`]),
  ])
  assertNone(missing, 'Write it (docs/writing-a-plugin.md):')
})
