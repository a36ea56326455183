import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { kubernetesAssets, RealApiServer } from '#test/support/api-server/real.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import type { Container, PodSpec, RoleRule } from '#test/support/deployment.ts'
import { deployedObjects, grantsOf, grantsOfRules, manifestFiles, objectOfKind } from '#test/support/deployment.ts'
import { addStable, bootLive } from '#test/support/live-cluster.ts'
import { runNodens } from '#test/support/process.ts'
import { readText } from '#test/support/source.ts'
import { until } from '#test/support/until.ts'

const BASE = 'deploy/kubernetes/base'
/** Overlays that grant one thing more. */
const PODS = 'deploy/kubernetes/overlays/pods'
const MULTICLUSTER = 'deploy/kubernetes/overlays/multicluster'
const assets = kubernetesAssets()

const objects = deployedObjects(BASE)
const deployment = objectOfKind(objects, 'Deployment')
const template = (deployment['spec'] as { template: { metadata: { labels: object }; spec: PodSpec } }).template
const container: Container = template.spec.containers[0]!
const corefile = (objectOfKind(objects, 'ConfigMap')['data'] as { Corefile: string }).Corefile

describe('deploy/kubernetes', () => {
  it('names each of its files in a kustomization', () => {
    const { resources } = parse(readText(`${BASE}/kustomization.yaml`)) as { resources: string[] }
    assert.deepEqual([...resources].sort(), manifestFiles(BASE).sort())
    for (const overlay of [PODS, MULTICLUSTER]) {
      const { patches } = parse(readText(`${overlay}/kustomization.yaml`)) as { patches: { path: string }[] }
      assert.deepEqual(
        patches.map(({ path }) => path),
        manifestFiles(overlay),
      )
    }
  })

  for (const [lines, granted] of [
    ['pods insecure', () => grantsOf(objectOfKind(objects, 'ClusterRole'))],
    ['pods verified', () => grantsOfOverlay(PODS)],
    ['multicluster cluster.local', () => grantsOfOverlay(MULTICLUSTER)],
  ] as const) {
    it(`grants what the server asks for with ${lines}, and no more`, async t => {
      const api = await startApiServer()
      t.after(() => api.close())
      addStable(api)
      await bootLive(t, api.url, { lines })
      // Lists in place of streams, and watches after them: everything that can be asked.
      api.faults.refuseWatchList = true
      api.expireWatches()
      const grants = granted()
      await until(() => api.used.size >= grants.length)
      assert.deepEqual([...api.used].sort(), grants)
    })
  }

  it('binds that role to the account that the pods run as', () => {
    const account = objectOfKind(objects, 'ServiceAccount').metadata
    const binding = objectOfKind(objects, 'ClusterRoleBinding')
    const { name, namespace } = account
    assert.deepEqual(binding['subjects'], [{ kind: 'ServiceAccount', name, namespace }])
    const role = objectOfKind(objects, 'ClusterRole').metadata.name
    assert.deepEqual(binding['roleRef'], { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role })
    assert.equal(template.spec.serviceAccountName, name)
  })

  it('sends port 53 over UDP and TCP, and the metrics, to ports of the container', () => {
    const { ports } = objectOfKind(objects, 'Service')['spec'] as {
      ports: { port: number; protocol: string; targetPort: string }[]
    }
    const reached = ports.map(({ port, protocol, targetPort }) => {
      const target = container.ports.find(({ name }) => name === targetPort)
      return `${port}/${protocol} ${target?.containerPort}/${target?.protocol}`
    })
    assert.deepEqual(reached, ['53/UDP 53/UDP', '53/TCP 53/TCP', '9153/TCP 9153/TCP'])
  })

  it('has pods that the Service of any cluster DNS selects, and a Deployment and a budget that select only them', () => {
    const service = { 'k8s-app': 'kube-dns' }
    const own = { 'app.kubernetes.io/name': 'nodens' }
    const spec = (kind: string) => objectOfKind(objects, kind)['spec'] as { selector: object }
    assert.deepEqual(template.metadata.labels, { ...service, ...own })
    assert.deepEqual(spec('Service').selector, service)
    assert.deepEqual(spec('Deployment').selector, { matchLabels: own })
    assert.deepEqual(spec('PodDisruptionBudget').selector, { matchLabels: own })
  })

  it('probes the endpoints that its Corefile opens', () => {
    const portOf = (probe: Container['livenessProbe']): string => {
      const port = container.ports.find(({ name }) => name === probe.httpGet.port)?.containerPort
      return `${port}${probe.httpGet.path}`
    }
    assert.equal(portOf(container.livenessProbe), '8080/health')
    assert.equal(portOf(container.readinessProbe), '8181/ready')
    assert.match(corefile, /^ {4}health \{$/m)
    assert.match(corefile, /^ {4}ready$/m)
    assert.match(corefile, /^ {4}prometheus :9153$/m)
  })

  it('has a Corefile without mistakes', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-deploy-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'Corefile')
    writeFileSync(file, corefile)
    const { code, stderr } = await runNodens(['check', file])
    assert.deepEqual([code, stderr], [0, ''])
  })

  it('runs with no more than port 53 needs', () => {
    const { securityContext } = template.spec
    assert.equal(securityContext['runAsNonRoot'], true)
    assert.equal(securityContext['runAsUser'], 65532)
    assert.deepEqual(securityContext['seccompProfile'], { type: 'RuntimeDefault' })
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
    })
    assert.equal(template.spec.priorityClassName, 'system-cluster-critical')
    assert.ok(template.spec.topologySpreadConstraints.length > 0)
    assert.equal((deployment['spec'] as { replicas: number }).replicas, 2)
  })
})

describe('the real API server takes deploy/kubernetes', { skip: 'reason' in assets ? assets.reason : false }, () => {
  let api: RealApiServer
  before(async () => {
    api = new RealApiServer('folder' in assets ? assets.folder : '')
    await api.start()
  })
  after(() => api.stop())

  it('with every field known to it', async () => {
    for (const object of objects) {
      const { status, body } = await api.request(
        'POST',
        `${api.pathFor(object)}?dryRun=All&fieldValidation=Strict`,
        object,
      )
      assert.equal(status, 201, JSON.stringify(body))
    }
  })

  it('and its pods keep to the Pod Security Standard "restricted"', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } }
    await api.apply(namespace)
    // Only the namespace kube-system may use its priority class.
    const { priorityClassName: _priority, ...spec } = template.spec
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'nodens', namespace: 'strict' }, spec }
    const { status, body } = await api.request('POST', '/api/v1/namespaces/strict/pods?dryRun=All', pod)
    assert.equal(status, 201, JSON.stringify(body))
    const rootPod = { ...pod, spec: { ...spec, securityContext: {} } }
    assert.equal((await api.request('POST', '/api/v1/namespaces/strict/pods?dryRun=All', rootPod)).status, 403)
  })
})

function grantsOfOverlay(overlay: string): string[] {
  const patch = parse(readText(`${overlay}/cluster-role-patch.yaml`)) as {
    op: string
    path: string
    value: RoleRule
  }[]
  assert.deepEqual(
    patch.map(({ op, path }) => `${op} ${path}`),
    ['add /rules/-'],
  )
  const rules = objectOfKind(objects, 'ClusterRole')['rules'] as readonly RoleRule[]
  return grantsOfRules([...rules, ...patch.map(({ value }) => value)])
}
