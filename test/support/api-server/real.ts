import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificates } from '#test/support/api-server/certificates.ts'
import type { ApiObject, ObjectMetadata } from '#test/support/api-server/object.ts'
import { apiVersion, resourceOfKind } from '#test/support/api-server/object.ts'
import { freePort } from '#test/support/free-port.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** How long etcd and the API server may take to become ready, in milliseconds. */
const START_LIMIT_MS = 120_000
/** The token of a user who may do everything. */
const ADMIN_TOKEN = 'admin'

/**
 * The folder with `etcd` and `kube-apiserver`, as KUBEBUILDER_ASSETS names it (the convention of envtest); the reason why
 * there is none otherwise.
 */
export function kubernetesAssets(): { readonly folder: string } | { readonly reason: string } {
  const folder = process.env['KUBEBUILDER_ASSETS'] ?? ''
  if (folder === '') return { reason: 'KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver' }
  const missing = ['etcd', 'kube-apiserver'].filter(name => !existsSync(join(folder, name)))
  return missing.length === 0 ? { folder } : { reason: `KUBEBUILDER_ASSETS has no ${missing.join(' and no ')}` }
}

/** etcd and kube-apiserver on loopback, with RBAC in force. */
export class RealApiServer {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'nodens-kube-'))
  readonly #folder: string
  #port = 0
  #etcdPorts: readonly number[] = []
  #etcd: ChildProcess | null = null
  #apiServer: ChildProcess | null = null
  #output = ''

  constructor(folder: string) {
    this.#folder = folder
  }

  get port(): number {
    return this.#port
  }

  /** `https://127.0.0.1:port`; clients show the certificate `client` of test/fixtures/tls, or a token. */
  get url(): string {
    return `https://127.0.0.1:${this.#port}`
  }

  /** Starts both and waits until they are ready. Stop it in `after`, also when this rejects. */
  async start(): Promise<void> {
    this.#port = await freePort()
    this.#etcdPorts = [await freePort(), await freePort()]
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    writeFileSync(join(this.directory, 'service-account.key'), privateKey)
    writeFileSync(join(this.directory, 'service-account.pub'), publicKey)
    writeFileSync(join(this.directory, 'tokens.csv'), `${ADMIN_TOKEN},admin,admin,system:masters\n`)
    const [client, peer] = this.#etcdPorts.map(port => `http://127.0.0.1:${port}`) as [string, string]
    this.#etcd = this.#spawn('etcd', {
      'data-dir': join(this.directory, 'etcd'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      'unsafe-no-fsync': 'true',
      'log-level': 'error',
    })
    await this.startApiServer()
  }

  /** Starts the API server again after `stopApiServer`, over the same data and on the same port. */
  async startApiServer(): Promise<void> {
    const tls = `${REPOSITORY}test/fixtures/tls/`
    this.#apiServer = this.#spawn('kube-apiserver', {
      'bind-address': '127.0.0.1',
      // Loopback is no address to advertise; nothing connects to this one.
      'advertise-address': '192.0.2.1',
      'secure-port': String(this.#port),
      'etcd-servers': `http://127.0.0.1:${this.#etcdPorts[0]}`,
      'cert-dir': join(this.directory, 'certificates'),
      'tls-cert-file': `${tls}server.crt`,
      'tls-private-key-file': `${tls}server.key`,
      'client-ca-file': `${tls}ca.crt`,
      'token-auth-file': join(this.directory, 'tokens.csv'),
      'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
      'service-account-key-file': join(this.directory, 'service-account.pub'),
      'service-account-signing-key-file': join(this.directory, 'service-account.key'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'authorization-mode': 'RBAC',
      'disable-admission-plugins': 'ServiceAccount',
      'allow-privileged': 'true',
    })
    const deadlineMs = performance.now() + START_LIMIT_MS
    for (;;) {
      const status = await this.request('GET', '/readyz').then(
        ({ status }) => status,
        () => 0,
      )
      if (status === 200) return
      if (performance.now() > deadlineMs || this.#apiServer.exitCode !== null) {
        throw new Error(`kube-apiserver does not get ready:\n${this.#output.slice(-4000)}`)
      }
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  }

  /** Ends the API server at once; etcd goes on. */
  async stopApiServer(): Promise<void> {
    await end(this.#apiServer)
  }

  /** Where objects of an object's kind and namespace are created. */
  pathFor({ kind, metadata }: ApiObject): string {
    return collectionPath(kind, metadata)
  }

  /** Creates an object, or replaces the one there is. */
  async apply(object: ApiObject): Promise<void> {
    const path = collectionPath(object.kind, object.metadata)
    const name = `${path}/${object.metadata.name}`
    const present = await this.request('GET', name)
    if (present.status === 404) {
      const created = await this.request('POST', path, object)
      if (created.status !== 201) throw new Error(`POST ${path}: ${JSON.stringify(created.body)}`)
      return
    }
    const { resourceVersion } = (present.body as ApiObject).metadata
    const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    const replaced = await this.request('PUT', name, { ...object, metadata })
    if (replaced.status !== 200) throw new Error(`PUT ${name}: ${JSON.stringify(replaced.body)}`)
  }

  /** Removes an object; a namespace for good, which is a controller's work in a whole cluster. */
  async delete(kind: string, name: string, namespace?: string): Promise<void> {
    const path = `${collectionPath(kind, { name, ...(namespace === undefined ? {} : { namespace }) })}/${name}`
    const { status, body } = await this.request('DELETE', path)
    if (status !== 200) throw new Error(`DELETE ${path}: ${JSON.stringify(body)}`)
    if (kind !== 'Namespace') return
    await this.request('PUT', `${path}/finalize`, {
      apiVersion: 'v1',
      kind,
      metadata: { name },
      spec: { finalizers: [] },
    })
  }

  /** Sends a request of the user who may do everything. */
  request(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
    return new Promise((resolve, reject) => {
      const sent = request(this.url + path, { method, headers, ca: certificates.ca, agent: false }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => (text += chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode!, body: readJson(text) }))
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  async stop(): Promise<void> {
    await end(this.#apiServer)
    await end(this.#etcd)
    rmSync(this.directory, { recursive: true, force: true })
  }

  #spawn(program: string, flags: Readonly<Record<string, string>>): ChildProcess {
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    const child = spawn(join(this.#folder, program), args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] })
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + String(chunk)).slice(-65_536)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', error => keep(Buffer.from(String(error))))
    return child
  }
}

function collectionPath(kind: string, { namespace }: ObjectMetadata): string {
  const resource = KINDS_BESIDES[kind] ?? resourceOfKind(kind)
  const version = apiVersion(resource)
  const base = resource.group === '' ? `/api/${version}` : `/apis/${version}`
  return namespace === undefined ? `${base}/${resource.name}` : `${base}/namespaces/${namespace}/${resource.name}`
}

/** Kinds that only the real server has. */
const KINDS_BESIDES: Readonly<
  Record<string, { readonly name: string; readonly group: string; readonly version: string }>
> = {
  ClusterRole: { name: 'clusterroles', group: 'rbac.authorization.k8s.io', version: 'v1' },
  ClusterRoleBinding: { name: 'clusterrolebindings', group: 'rbac.authorization.k8s.io', version: 'v1' },
  CustomResourceDefinition: { name: 'customresourcedefinitions', group: 'apiextensions.k8s.io', version: 'v1' },
  ConfigMap: { name: 'configmaps', group: '', version: 'v1' },
  Deployment: { name: 'deployments', group: 'apps', version: 'v1' },
  PodDisruptionBudget: { name: 'poddisruptionbudgets', group: 'policy', version: 'v1' },
  ServiceAccount: { name: 'serviceaccounts', group: '', version: 'v1' },
}

async function end(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
