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
  podLabels: { team: 'network' },
  podAnnotations: { note: 'yes' },
  nodeSelector: { 'node-role.kubernetes.io/infra': '' },
  tolerations: [],
}
const kustomizations = filesMatching('deploy/kubernetes/**/kustomization.yaml').map(({ path }) =>
  path.slice(0, path.lastIndexOf('/')),
)
const base = deployedObjects('deploy/kubernetes/base')
const nodeLocal = deployedObjects('deploy/kubernetes/overlays/nodelocal')
const chart = [...renderChart(CHART, RELEASE).values()].flatMap(objectsOf)

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
    const { images } = parse(readText('deploy/kubernetes/base/kustomization.yaml')) as Kustomization
    const withTag = JSON.stringify(base).replace('"image":"nodens"', `"image":"nodens:${images[0]!.newTag}"`)
    assert.deepEqual(byKind(chart), byKind(JSON.parse(withTag) as ApiObject[]))
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
    const rendered = [...renderChart(CHART, OTHER_RELEASE, OTHER_VALUES).values()].flatMap(objectsOf)
    const kinds = rendered.map(({ kind }) => kind).sort()
    assert.deepEqual(kinds, [
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'Deployment',
      'NetworkPolicy',
      'ServiceAccount',
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

  const helm = isInstalled('helm') ? false : 'helm is not installed: templates were rendered by the tests alone'
  it('passes helm lint', { skip: helm }, () => {
    outputOf('helm', ['lint', '--strict', CHART])
  })

  for (const [release, values] of [
    [RELEASE, {}],
    [OTHER_RELEASE, OTHER_VALUES],
  ] as const) {
    it(`is rendered by helm as by the tests: the release ${release.name}`, { skip: helm }, () => {
      const args = ['template', release.name, CHART, '--namespace', release.namespace, '--kube-version', '1.30.0']
      const printed = outputOf('helm', [...args, '--values', '-'], JSON.stringify(values))
      const rendered = [...renderChart(CHART, release, values).values()].flatMap(objectsOf)
      assert.deepEqual(byKind(objectsOf(printed)), byKind(rendered))
    })
  }
})

describe('every way to deploy', () => {
  const ways: readonly (readonly [name: string, objects: readonly ApiObject[]])[] = [
    ['deploy/kubernetes/base', base],
    ['deploy/kubernetes/overlays/nodelocal', nodeLocal],
    [CHART, chart],
  ]
  for (const [name, objects] of ways) {
    const [spec] = podsOf(objects)
    const corefile = (objectOfKind(objects, 'ConfigMap')['data'] as { Corefile: string }).Corefile

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

  it('runs as user 65532, but for the one in the network of its node, where port 53 is open to root alone', () => {
    for (const objects of [base, chart]) {
      const { securityContext } = podsOf(objects)[0]!
      assert.deepEqual([securityContext['runAsNonRoot'], securityContext['runAsUser']], [true, 65532])
      assert.deepEqual(securityContext['sysctls'], [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }])
    }
    const node = podsOf(nodeLocal)[0]!
    assert.deepEqual([node['hostNetwork'], node.containers[0]!.securityContext['runAsUser']], [true, 0])
    assert.equal(node['automountServiceAccountToken'], false)
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
  }
  const resources = selectedResources(selection).map(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const group = /^\/apis\/([^/]+)\//.exec(path)?.[1]
    return group === undefined ? name : `${name}.${group}`
  })
  return [...new Set(resources)].flatMap(resource => [`list ${resource}`, `watch ${resource}`]).sort()
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
