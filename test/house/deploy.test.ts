import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { selectedResources } from '#plugins/kubernetes/api/resource.ts'
import { plugins } from '#plugins/order.ts'
import { checkCorefile } from '#server/check.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import type { PodSpec } from '#test/support/deployment.ts'
import { deployedObjects, grantsOf, manifestFiles, objectOfKind } from '#test/support/deployment.ts'
import { renderChart, valuesNamed } from '#test/support/helm-template.ts'
import { isInstalled } from '#test/support/installed.ts'
import { schemaErrors } from '#test/support/manifest-types.ts'
import { restrictedViolations } from '#test/support/pod-security.ts'
import { assertNone, filesMatching, REPOSITORY, readText } from '#test/support/source.ts'

const CHART = 'deploy/helm/nodens'
const RELEASE = { name: 'nodens', namespace: 'kube-system' }
const OTHER_RELEASE = { name: 'dns', namespace: 'elsewhere' }
/** What each value can be, so that every branch of the templates is taken one way or the other. */
const OTHER_VALUES = {
  replicas: 5,
  image: { repository: 'registry.example/nodens', tag: '9.9' },
  imagePullSecrets: [{ name: 'registry' }],
  service: { create: false },
  podDisruptionBudget: { create: false },
  rbac: { pods: true, multicluster: true },
  networkPolicy: { create: true, monitoringNamespace: 'observability' },
  unprivilegedPorts: false,
  nodeLocal: {
    create: true,
    address: '169.254.25.10',
    corefile: '.:53 {\n  whoami\n}',
    addressImage: { repository: 'registry.example/busybox', tag: '1' },
    resources: { limits: { memory: '99Mi' } },
    maxUnavailable: 1,
    priorityClassName: 'nodes',
    nodeSelector: { edge: 'true' },
    tolerations: [],
  },
  podLabels: { team: 'network' },
  podAnnotations: { note: 'yes' },
  nodeSelector: { 'node-role.kubernetes.io/infra': '' },
  tolerations: [],
}
/** The cache on each node alone, beside a cluster's DNS of others. */
const NODE_LOCAL_VALUES = { clusterDns: { create: false }, nodeLocal: { create: true } }
const kustomizations = filesMatching('deploy/kubernetes/**/kustomization.yaml').map(({ path }) =>
  path.slice(0, path.lastIndexOf('/')),
)
const base = deployedObjects('deploy/kubernetes/base')
const nodeLocal = deployedObjects('deploy/kubernetes/overlays/nodelocal')
const chart = chartWith(RELEASE, {})
const nodeLocalChart = chartWith(RELEASE, NODE_LOCAL_VALUES)

interface Kustomization {
  readonly resources: readonly string[]
  readonly patches?: readonly { readonly path: string }[]
  readonly images: readonly { readonly name: string; readonly newTag: string }[]
}

describe('deploy/kubernetes', () => {
  it('is YAML without mistakes, with one object of a version, kind and name to a document', () => {
    const broken = filesMatching('deploy/kubernetes/**/*.yaml').flatMap(({ path, text }) => {
      const documents = parseAllDocuments(text)
      const errors = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings].map(String))
      const isManifest = !/(kustomization|-patch)\.yaml$/.test(path)
      const nameless = isManifest && documents.some(document => !isObject(document.toJS()))
      return [...errors, ...(nameless ? ['an object without apiVersion, kind or name'] : [])].map(
        error => `${path}: ${error}`,
      )
    })
    assertNone(broken, 'Correct the manifest:')
  })

  it('has kustomizations that name what is there, and all of it', () => {
    const broken = kustomizations.flatMap(folder => {
      const { resources, patches = [] } = parse(readText(`${folder}/kustomization.yaml`)) as Kustomization
      const named = [...resources, ...patches.map(({ path }) => path)]
      const missing = named.filter(path => !existsSync(`${REPOSITORY}${folder}/${path}`))
      const unnamed = manifestFiles(folder).filter(file => !named.includes(file))
      return [
        ...missing.map(path => `${folder}: no ${path}`),
        ...unnamed.map(file => `${folder}: ${file} is not named`),
      ]
    })
    assertNone(broken, 'Name each file of the folder in its kustomization.yaml:')
  })

  it('has the version of the package as the tag of its image', () => {
    const { version } = JSON.parse(readText('package.json')) as { version: string }
    for (const folder of ['deploy/kubernetes/base', 'deploy/kubernetes/overlays/nodelocal']) {
      const { images } = parse(readText(`${folder}/kustomization.yaml`)) as Kustomization
      assert.equal(images.find(({ name }) => name === 'nodens')?.newTag, version, folder)
    }
    const { appVersion } = parse(readText(`${CHART}/Chart.yaml`)) as { appVersion: string }
    assert.equal(appVersion, version, CHART)
  })

  const kubectl = isInstalled('kubectl') ? false : 'kubectl is not installed: the kustomizations were read, not built'
  for (const folder of kustomizations) {
    it(`is built by kustomize: ${folder}`, { skip: kubectl }, () => {
      const built = objectsOf(outputOf('kubectl', ['kustomize', folder]))
      const names = (objects: readonly ApiObject[]) =>
        objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`).sort()
      assert.deepEqual(names(built), names(deployedObjects(folder)))
      const images = podsOf(built)
        .flatMap(spec => [...initContainersOf(spec), ...spec.containers])
        .map(imageOf)
      assertNone(
        images.filter(image => !/^[\w./-]+:\d[\w.]*$/.test(image)),
        'Give the image its tag under `images`:',
      )
    })
  }

  for (const [overlay, selection] of [
    ['pods', { pods: true, multicluster: false }],
    ['multicluster', { pods: false, multicluster: true }],
  ] as const) {
    it(`grants with the overlay ${overlay} what is asked for with it, and no more`, { skip: kubectl }, () => {
      const folder = `deploy/kubernetes/overlays/${overlay}`
      const role = objectOfKind(objectsOf(outputOf('kubectl', ['kustomize', folder])), 'ClusterRole')
      assert.deepEqual(grantsOf(role), asked(selection))
    })
  }
})

describe('the chart', () => {
  it('gives with its own values what deploy/kubernetes/base is', () => {
    assert.deepEqual(byKind(chart), byKind(withTags('deploy/kubernetes/base')))
  })

  it('gives with the values for nodes alone what deploy/kubernetes/overlays/nodelocal is', () => {
    assert.deepEqual(byKind(nodeLocalChart), byKind(withTags('deploy/kubernetes/overlays/nodelocal')))
  })

  it('uses every value that values.yaml has, and no other', () => {
    const templates = filesMatching(`${CHART}/templates/*.yaml`)
    const named = new Set(templates.flatMap(({ text }) => valuesNamed(text)))
    const whole = new Set([...named].filter(path => typeof valueAt(path) === 'object'))
    const leaves = leavesOf(parse(readText(`${CHART}/values.yaml`)), '').map(
      path => [...whole].find(each => path === each || path.startsWith(`${each}.`)) ?? path,
    )
    assert.deepEqual([...new Set(leaves)].sort(), [...named].sort())
  })

  it('follows its values', () => {
    const rendered = chartWith(OTHER_RELEASE, OTHER_VALUES)
    assert.deepEqual(rendered.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
      'ClusterRole system:dns',
      'ClusterRoleBinding system:dns',
      'ConfigMap dns',
      'ConfigMap dns-node',
      'DaemonSet dns-node',
      'Deployment dns',
      'NetworkPolicy dns',
      'ServiceAccount dns',
      'ServiceAccount dns-node',
    ])
    assert.deepEqual(grantsOf(objectOfKind(rendered, 'ClusterRole')), asked({ pods: true, multicluster: true }))
    const deployment = objectOfKind(rendered, 'Deployment')
    assert.deepEqual([deployment.metadata.name, deployment.metadata.namespace], ['dns', 'elsewhere'])
    const { replicas, template } = deployment['spec'] as {
      replicas: number
      template: { metadata: ApiObject['metadata']; spec: PodSpec }
    }
    assert.equal(replicas, 5)
    assert.equal(template.metadata.labels?.['team'], 'network')
    assert.deepEqual(template.metadata.annotations, { note: 'yes' })
    assert.equal(imageOf(template.spec.containers[0]!), 'registry.example/nodens:9.9')
    assert.deepEqual(template.spec['imagePullSecrets'], [{ name: 'registry' }])
    assert.equal(template.spec.securityContext['sysctls'], undefined)
    assert.deepEqual(template.spec['tolerations'], [])
    assert.deepEqual(Object.keys(template.spec['nodeSelector'] as object), [
      'kubernetes.io/os',
      'node-role.kubernetes.io/infra',
    ])
    assert.match(
      JSON.stringify(objectOfKind(rendered, 'NetworkPolicy')),
      /"kubernetes.io\/metadata.name":"observability"/,
    )
  })

  it('follows its values on each node', () => {
    const rendered = chartWith(OTHER_RELEASE, OTHER_VALUES)
    const daemonSet = objectOfKind(rendered, 'DaemonSet')
    const { template, updateStrategy } = daemonSet['spec'] as {
      template: { metadata: ApiObject['metadata']; spec: PodSpec }
      updateStrategy: object
    }
    const { spec, metadata } = template
    assert.deepEqual(updateStrategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } })
    assert.equal(metadata.labels?.['team'], 'network')
    assert.deepEqual(metadata.annotations, { note: 'yes' })
    assert.deepEqual([...initContainersOf(spec), ...spec.containers].map(imageOf), [
      'registry.example/busybox:1',
      'registry.example/nodens:9.9',
    ])
    assert.deepEqual(spec['imagePullSecrets'], [{ name: 'registry' }])
    assert.deepEqual(
      [spec.priorityClassName, spec['nodeSelector'], spec['tolerations']],
      ['nodes', { 'kubernetes.io/os': 'linux', edge: 'true' }, []],
    )
    assert.deepEqual(spec.containers[0]!['resources'], {
      requests: { cpu: '25m', memory: '100Mi' },
      limits: { memory: '99Mi' },
    })
    const text = JSON.stringify(daemonSet)
    assert.equal(text.match(/169\.254\.25\.10/g)?.length, 3)
    assert.doesNotMatch(text, /169\.254\.20\.10/)
    const ofNode = rendered.filter(({ metadata }) => metadata.name === 'dns-node')
    assert.deepEqual(objectOfKind(ofNode, 'ConfigMap')['data'], { Corefile: '.:53 {\n  whoami\n}\n' })
  })

  it('makes the Corefile of each node of its values', () => {
    const values = {
      clusterDns: { create: false },
      service: { clusterIP: '172.20.0.10' },
      nodeLocal: { create: true, address: '169.254.25.10', clusterDomain: 'example.internal' },
    }
    const { Corefile } = objectOfKind(chartWith(RELEASE, values), 'ConfigMap')['data'] as { Corefile: string }
    const expected = (objectOfKind(nodeLocal, 'ConfigMap')['data'] as { Corefile: string }).Corefile.replaceAll(
      '169.254.20.10',
      '169.254.25.10',
    )
      .replace('10.96.0.10', '172.20.0.10')
      .replace('cluster.local:53', 'example.internal:53')
    assert.equal(Corefile, expected)
  })

  const helm = isInstalled('helm') ? false : 'helm is not installed: templates were rendered by the tests alone'
  it('passes helm lint', { skip: helm }, () => {
    outputOf('helm', ['lint', '--strict', CHART])
  })

  for (const [release, values] of [
    [RELEASE, {}],
    [OTHER_RELEASE, OTHER_VALUES],
    [{ name: 'node-caches', namespace: 'kube-system' }, NODE_LOCAL_VALUES],
  ] as const) {
    it(`is rendered by helm as by the tests: the release ${release.name}`, { skip: helm }, () => {
      const args = ['template', release.name, CHART, '--namespace', release.namespace, '--kube-version', '1.30.0']
      const printed = outputOf('helm', [...args, '--values', '-'], JSON.stringify(values))
      assert.deepEqual(byKind(objectsOf(printed)), byKind(chartWith(release, values)))
    })
  }
})

describe('every way to deploy', () => {
  const ways: readonly (readonly [name: string, objects: readonly ApiObject[]])[] = [
    ['deploy/kubernetes/base', base],
    ['deploy/kubernetes/overlays/nodelocal', nodeLocal],
    [CHART, chart],
    [`${CHART}, on each node`, nodeLocalChart],
  ]
  for (const [name, objects] of ways) {
    const [spec] = podsOf(objects)
    const corefile = (objectOfKind(objects, 'ConfigMap')['data'] as { Corefile: string }).Corefile

    it(`is what the schema of the Kubernetes API allows: ${name}`, () => {
      assertNone(schemaErrors(objects), 'Correct the manifest:')
    })

    it(`has a Corefile without mistakes: ${name}`, () => {
      assert.deepEqual(checkCorefile(corefile, 'Corefile', plugins), [])
    })

    it(`grants what the kubernetes plugin asks for, and no more: ${name}`, () => {
      const roles = objects.filter(({ kind }) => /Role$/.test(kind))
      const expected = corefile.includes('kubernetes ') ? asked({ pods: false, multicluster: false }) : []
      assert.deepEqual(roles.flatMap(grantsOf).sort(), expected)
    })

    it(`has its privileges taken but one: ${name}`, () => {
      assert.deepEqual(spec?.securityContext['seccompProfile'], { type: 'RuntimeDefault' })
      for (const each of [...initContainersOf(spec!), ...spec!.containers]) {
        const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = each.securityContext as {
          allowPrivilegeEscalation: boolean
          readOnlyRootFilesystem: boolean
          capabilities: { drop: string[]; add: string[] }
        }
        assert.deepEqual([allowPrivilegeEscalation, readOnlyRootFilesystem], [false, true])
        assert.deepEqual(capabilities.drop, ['ALL'])
        assert.equal(capabilities.add.length, 1)
        assert.ok((each['resources'] as { limits: { memory: string } }).limits.memory)
      }
    })

    it(`asks for the memory that the idle server takes and a tenth more: ${name}`, () => {
      const { requests, limits } = spec!.containers.at(-1)!['resources'] as Record<string, { memory: string }>
      const idleMb = Number(
        /^\| 10 Services, from an API server \| (\d+) MB /m.exec(readText('docs/performance.md'))![1],
      )
      assert.ok(mebibytes(requests!.memory) * 1.048576 > idleMb * 1.1, `${requests!.memory} of ${idleMb} MB idle`)
      assert.ok(mebibytes(requests!.memory) <= mebibytes(limits!.memory), `${requests!.memory} of ${limits!.memory}`)
    })

    it(`leaves time for the lameduck of its Corefile: ${name}`, () => {
      const lameduckSeconds = Number(/lameduck (\d+)s/.exec(corefile)![1])
      assert.ok((spec!['terminationGracePeriodSeconds'] as number) >= lameduckSeconds + 10)
    })

    it(`probes and offers the ports that its Corefile opens: ${name}`, () => {
      const container = spec!.containers.at(-1)!
      const numbers = container.ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`)
      const metrics = /prometheus :(\d+)/.exec(corefile)![1]
      for (const port of ['53/UDP', '53/TCP', `${metrics}/TCP`]) assert.ok(numbers.includes(port), port)
      const probed = [container.livenessProbe, container.readinessProbe].map(({ httpGet: { path, port } }) => {
        const named = container.ports.find(each => each.name === port)
        return `${named?.containerPort ?? port}${path}`
      })
      const portOf = (plugin: string, otherwise: string): string =>
        new RegExp(`^ +${plugin} \\S*:(\\d+)`, 'm').exec(corefile)?.[1] ?? otherwise
      assert.deepEqual(probed, [`${portOf('health', '8080')}/health`, `${portOf('ready', '8181')}/ready`])
    })
  }

  it('is found wrong by the schema where it is', () => {
    const wrong = (from: string, to: string): string[] =>
      schemaErrors(JSON.parse(JSON.stringify(base).replace(from, to)) as ApiObject[])
    assert.match(
      wrong('"readinessProbe"', '"readynessProbe"').join(),
      /^Deployment nodens: .*'"readynessProbe"' does not exist in type/,
    )
    assert.match(wrong('"replicas":2', '"replicas":"2"').join(), /Type 'string' is not assignable to type 'number'/)
    assert.match(wrong('"name":"nodens","image"', '"image"').join(), /''name'' is missing/)
    assert.deepEqual(wrong('policy/v1', 'policy/v1beta1'), ['no PodDisruptionBudget of policy/v1beta1 is known here'])
  })

  it('keeps to the Pod Security Standard "restricted", but for the one in the network of its node', () => {
    const others = chartWith(OTHER_RELEASE, { ...OTHER_VALUES, nodeLocal: { create: false } })
    for (const objects of [base, chart, others]) assert.deepEqual(podsOf(objects).flatMap(restrictedViolations), [])
    const ofNode = ['hostNetwork', 'runAsNonRoot', 'runAsUser', 'capabilities.add', 'runAsNonRoot', 'runAsUser']
    for (const objects of [nodeLocal, nodeLocalChart]) {
      assert.deepEqual(podsOf(objects).flatMap(restrictedViolations), ofNode)
    }
  })

  it('has two replicas apart from each other, of which a drain takes one, ahead of others for a place', () => {
    for (const objects of [base, chart]) {
      const [spec] = podsOf(objects)
      const { replicas, selector } = objectOfKind(objects, 'Deployment')['spec'] as Record<string, unknown>
      assert.equal(replicas, 2)
      const topologies = (spec!.topologySpreadConstraints as readonly Record<string, unknown>[]).map(
        ({ topologyKey, labelSelector }) => [topologyKey, labelSelector],
      )
      assert.deepEqual(topologies, [
        ['kubernetes.io/hostname', selector],
        ['topology.kubernetes.io/zone', selector],
      ])
      assert.deepEqual(objectOfKind(objects, 'PodDisruptionBudget')['spec'], { maxUnavailable: 1, selector })
      assert.equal(spec!.priorityClassName, 'system-cluster-critical')
    }
    for (const objects of [nodeLocal, nodeLocalChart]) {
      assert.equal(podsOf(objects)[0]!.priorityClassName, 'system-node-critical')
    }
  })

  it('answers at the Service kube-dns, whose ports are those of the pods that it selects', () => {
    for (const objects of [base, chart]) {
      const service = objectOfKind(objects, 'Service')
      const { selector, ports } = service['spec'] as {
        selector: Record<string, string>
        ports: { name: string; port: number; protocol: string; targetPort: string }[]
      }
      assert.equal(service.metadata.name, 'kube-dns')
      const { template } = objectOfKind(objects, 'Deployment')['spec'] as {
        template: { metadata: ApiObject['metadata']; spec: PodSpec }
      }
      for (const [name, value] of Object.entries(selector)) assert.equal(template.metadata.labels?.[name], value)
      const targets = ports.map(({ port, protocol, targetPort }) => {
        const target = template.spec.containers[0]!.ports.find(each => each.name === targetPort)
        return [`${port}/${protocol}`, `${target?.containerPort}/${target?.protocol}`]
      })
      assert.deepEqual(
        targets,
        ['53/UDP', '53/TCP', '9153/TCP'].map(port => [port, port]),
      )
    }
  })

  it('runs as user 65532, but for the one in the network of its node, where port 53 is open to root alone', () => {
    for (const objects of [base, chart]) {
      const { securityContext } = podsOf(objects)[0]!
      assert.deepEqual([securityContext['runAsNonRoot'], securityContext['runAsUser']], [true, 65532])
      assert.deepEqual(securityContext['sysctls'], [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }])
    }
    for (const objects of [nodeLocal, nodeLocalChart]) {
      const node = podsOf(objects)[0]!
      assert.deepEqual([node['hostNetwork'], node.containers[0]!.securityContext['runAsUser']], [true, 0])
      assert.equal(node['automountServiceAccountToken'], false)
    }
  })

  it('has the same address on the node in its Corefile, its probes and where it is made', () => {
    const text = filesMatching('deploy/kubernetes/overlays/nodelocal/*.yaml')
      .map(each => each.text)
      .join('')
    assert.deepEqual([...new Set(text.match(/\b169\.254\.\d+\.\d+\b/g))], ['169.254.20.10'])
    const address = (objectOfKind(base, 'Service')['spec'] as { clusterIP: string }).clusterIP
    assert.ok(text.includes(`forward . ${address} {`))
  })
})

/** What the kubernetes plugin asks of the API server, as the grants of a role. */
function asked({ pods, multicluster }: { pods: boolean; multicluster: boolean }): string[] {
  const selection = {
    labels: '',
    namespaceLabels: '',
    podLabels: false,
    endpoints: true,
    pods,
    podNames: false,
    multicluster,
    zones: false,
  }
  const resources = selectedResources(selection).map(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const group = /^\/apis\/([^/]+)\//.exec(path)?.[1]
    return group === undefined ? name : `${name}.${group}`
  })
  return [...new Set(resources)].flatMap(resource => [`list ${resource}`, `watch ${resource}`]).sort()
}

/** What the chart gives for a release with some values set otherwise. */
function chartWith(release: typeof RELEASE, changes: Parameters<typeof renderChart>[2]): ApiObject[] {
  return [...renderChart(CHART, release, changes).values()].flatMap(objectsOf)
}

/** The objects of a kustomization with the tags that it gives to their images. */
function withTags(folder: string): ApiObject[] {
  const { images } = parse(readText(`${folder}/kustomization.yaml`)) as Kustomization
  const tagged = images.reduce(
    (text, { name, newTag }) => text.replaceAll(`"image":"${name}"`, `"image":"${name}:${newTag}"`),
    JSON.stringify(deployedObjects(folder)),
  )
  return JSON.parse(tagged) as ApiObject[]
}

function objectsOf(text: string): ApiObject[] {
  return parseAllDocuments(text)
    .map(document => document.toJS() as ApiObject | null)
    .filter(object => object !== null)
}

function isObject(object: Partial<ApiObject>): boolean {
  return object.apiVersion !== undefined && object.kind !== undefined && object.metadata?.name !== undefined
}

function podsOf(objects: readonly ApiObject[]): PodSpec[] {
  return objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')
    .map(object => (object['spec'] as { template: { spec: PodSpec } }).template.spec)
}

function initContainersOf(spec: PodSpec): PodSpec['containers'] {
  return (spec['initContainers'] as PodSpec['containers'] | undefined) ?? []
}

function mebibytes(quantity: string): number {
  return Number(/^(\d+)Mi$/.exec(quantity)![1])
}

function imageOf(container: PodSpec['containers'][number]): string {
  return container['image'] as string
}

function byKind(objects: readonly ApiObject[]): ApiObject[] {
  return [...objects].sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

function valueAt(path: string): unknown {
  const values = parse(readText(`${CHART}/values.yaml`)) as Record<string, unknown>
  return path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], values)
}

function leavesOf(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  const entries = Object.entries(value)
  return entries.length === 0
    ? [path]
    : entries.flatMap(([name, each]) => leavesOf(each, path === '' ? name : `${path}.${name}`))
}

function outputOf(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: REPOSITORY,
    encoding: 'utf8',
    input,
    timeout: 60_000,
  })
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}
