import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { MetricRegistry } from '#plugin/metrics.ts'
import type { ApiAccess } from '#plugins/kubernetes/api/access.ts'
import { ApiClient } from '#plugins/kubernetes/api/client.ts'
import { ClientMetrics } from '#plugins/kubernetes/api/client-metrics.ts'
import { FileAccess } from '#plugins/kubernetes/api/file-access.ts'
import { inClusterAccess } from '#plugins/kubernetes/api/in-cluster-access.ts'
import { kubeconfigAccess } from '#plugins/kubernetes/api/kubeconfig-access.ts'
import { certificates } from '#test/support/api-server/certificates.ts'
import type { ApiServerOptions, FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { FakeClock } from '#test/support/plugin.ts'

/** A directory with files, removed after the test. */
function directoryWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-access-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

async function serve(t: TestContext, options: ApiServerOptions): Promise<FakeApiServer> {
  const server = await startApiServer(options)
  t.after(() => server.close())
  return server
}

/** Lists namespaces; `ok`, or what went wrong. */
async function attempt(access: ApiAccess, clock: FakeClock): Promise<string> {
  const end = new AbortController()
  const limits = { perSecond: 0, burst: 0, inFlight: 0 }
  const client = new ApiClient(access, limits, new ClientMetrics(new MetricRegistry()), clock, end.signal)
  try {
    const response = await client.get({ path: '/api/v1/namespaces', query: {}, isWatch: false })
    for await (const _ of response);
    return 'ok'
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    return code ?? message
  }
}

const TLS = { ...certificates.server, clientCa: certificates.ca }
const POD = (server: FakeApiServer) => ({
  KUBERNETES_SERVICE_HOST: '127.0.0.1',
  KUBERNETES_SERVICE_PORT: String(server.port),
})

describe('in a pod', () => {
  it('the service account opens the API server', async t => {
    const server = await serve(t, { tls: TLS, tokens: ['first'] })
    const directory = directoryWith(t, { token: 'first\n', 'ca.crt': certificates.ca })
    const clock = new FakeClock()
    const access = inClusterAccess(clock, { environment: POD(server), directory })
    t.after(() => access.close())
    assert.equal(await attempt(access, clock), 'ok')
    assert.match(server.requests[0]!.userAgent, /^nodens\/\d/)
  })

  it('a token that was replaced is found when the old one is refused', async t => {
    const server = await serve(t, { tls: TLS, tokens: ['first'] })
    const directory = directoryWith(t, { token: 'first', 'ca.crt': certificates.ca })
    const clock = new FakeClock()
    const access = inClusterAccess(clock, { environment: POD(server), directory })
    t.after(() => access.close())
    assert.equal(await attempt(access, clock), 'ok')
    server.access.setTokens(['second'])
    assert.match(await attempt(access, clock), /^401 /)
    writeFileSync(join(directory, 'token'), 'second')
    assert.equal(await attempt(access, clock), 'ok')
  })

  it('a token that was replaced is used within a minute, the old one being good still', async t => {
    const server = await serve(t, { tls: TLS, tokens: ['first', 'second'] })
    const directory = directoryWith(t, { token: 'first', 'ca.crt': certificates.ca })
    const clock = new FakeClock()
    const access = inClusterAccess(clock, { environment: POD(server), directory })
    t.after(() => access.close())
    assert.deepEqual((await access.admission()).headers, { authorization: 'Bearer first' })
    writeFileSync(join(directory, 'token'), 'second')
    assert.deepEqual((await access.admission()).headers, { authorization: 'Bearer first' })
    clock.advance(60_000)
    assert.deepEqual((await access.admission()).headers, { authorization: 'Bearer second' })
  })

  it('another authority is trusted once its certificate is there', async t => {
    const server = await serve(t, { tls: TLS, tokens: ['first'] })
    const directory = directoryWith(t, { token: 'first', 'ca.crt': certificates.otherCa })
    const clock = new FakeClock()
    const access = inClusterAccess(clock, { environment: POD(server), directory })
    t.after(() => access.close())
    assert.notEqual(await attempt(access, clock), 'ok')
    writeFileSync(join(directory, 'ca.crt'), certificates.ca)
    clock.advance(60_000)
    assert.equal(await attempt(access, clock), 'ok')
  })

  it('what is missing is named', t => {
    const clock = new FakeClock()
    assert.throws(() => inClusterAccess(clock, { environment: {}, directory: '/nowhere' }), {
      message:
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined: outside of a pod, name the API server with 'endpoint' or 'kubeconfig', or objects with 'manifests'",
    })
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
    assert.throws(() => inClusterAccess(clock, { environment, directory: '/nowhere' }), {
      message:
        "unable to load in-cluster configuration, cannot read /nowhere/token: ENOENT: is 'automountServiceAccountToken' off?",
    })
    const directory = directoryWith(t, { token: 'x', 'ca.crt': certificates.ca })
    assert.equal(inClusterAccess(clock, { environment, directory }).server.href, 'https://[fd00::1]/')
  })
})

describe('endpoint and tls', () => {
  it('a client certificate opens the API server', async t => {
    const server = await serve(t, { tls: TLS, tokens: [] })
    const { cert, key } = certificates.client
    const directory = directoryWith(t, { cert, key, ca: certificates.ca })
    const [certificate, keyFile, caCertificate] = ['cert', 'key', 'ca'].map(name => join(directory, name))
    const clock = new FakeClock()
    const files = { certificate: certificate!, key: keyFile!, caCertificate: caCertificate! }
    const access = new FileAccess(new URL(server.url), files, clock)
    t.after(() => access.close())
    assert.equal(await attempt(access, clock), 'ok')
    const anonymous = new FileAccess(new URL(server.url), { caCertificate: caCertificate! }, clock)
    t.after(() => anonymous.close())
    assert.match(await attempt(anonymous, clock), /^401 /)
  })

  it('a server with another certificate is not trusted', async t => {
    const server = await serve(t, { tls: certificates.otherServer })
    const directory = directoryWith(t, { ca: certificates.ca })
    const clock = new FakeClock()
    const access = new FileAccess(new URL(server.url), { caCertificate: join(directory, 'ca') }, clock)
    t.after(() => access.close())
    assert.match(await attempt(access, clock), /CERT|VERIFY|SIGNED/)
  })

  it('a path in the URL comes before that of the API', async t => {
    const server = await serve(t, {})
    const clock = new FakeClock()
    const access = new FileAccess(new URL(`${server.url}/clusters/one/`), {}, clock)
    t.after(() => access.close())
    await attempt(access, clock)
    assert.equal(server.requests[0]!.path, '/clusters/one/api/v1/namespaces')
  })
})

describe('kubeconfig', () => {
  const config = (url: string, user: object): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      clusters: [
        {
          name: 'fake',
          cluster: { server: url, 'certificate-authority-data': Buffer.from(certificates.ca).toString('base64') },
        },
      ],
      users: [{ name: 'me', user }],
      contexts: [
        { name: 'here', context: { cluster: 'fake', user: 'me' } },
        { name: 'empty', context: { cluster: 'none', user: 'me' } },
      ],
    })

  it('opens the API server with a token', async t => {
    const server = await serve(t, { tls: TLS, tokens: ['first'] })
    const directory = directoryWith(t, { config: config(server.url, { token: 'first' }) })
    const clock = new FakeClock()
    const access = kubeconfigAccess(join(directory, 'config'), '', clock)
    t.after(() => access.close())
    assert.equal(await attempt(access, clock), 'ok')
    server.access.setTokens(['second'])
    writeFileSync(join(directory, 'config'), config(server.url, { token: 'second' }))
    assert.equal(await attempt(access, clock), 'ok')
  })

  it('opens it with a certificate', async t => {
    const server = await serve(t, { tls: TLS, tokens: [] })
    const { cert, key } = certificates.client
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
    const directory = directoryWith(t, { config: config(server.url, user) })
    const clock = new FakeClock()
    const access = kubeconfigAccess(join(directory, 'config'), 'here', clock)
    t.after(() => access.close())
    assert.equal(await attempt(access, clock), 'ok')
  })

  it('what cannot be used is named', t => {
    const clock = new FakeClock()
    assert.throws(() => kubeconfigAccess('/nowhere', '', clock), { message: 'cannot read kubeconfig /nowhere: ENOENT' })
    const file = join(directoryWith(t, { config: config('not a url', {}) }), 'config')
    assert.throws(() => kubeconfigAccess(file, 'empty', clock), {
      message: `kubeconfig ${file} has no context 'empty' with a cluster: it has here, empty`,
    })
    assert.throws(() => kubeconfigAccess(file, '', clock), {
      message: `kubeconfig ${file}: 'not a url' is not the URL of an API server`,
    })
  })
})
