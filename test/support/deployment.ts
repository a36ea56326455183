import { parse, parseAllDocuments } from 'yaml'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { filesMatching, readText } from '#test/support/source.ts'

/** A rule of a ClusterRole. */
export interface RoleRule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** The parts of a Deployment's pods that the tests look at. */
export interface PodSpec {
  readonly serviceAccountName: string
  readonly priorityClassName: string
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly topologySpreadConstraints: readonly object[]
  readonly containers: readonly Container[]
  readonly [field: string]: unknown
}

/** A container of a pod. */
export interface Container {
  readonly args: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number; readonly protocol: string }[]
  readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } }
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

/** Every object of a kustomization without its patches, in the order of its resources. */
export function deployedObjects(folder: string): ApiObject[] {
  const { resources } = parse(readText(`${folder}/kustomization.yaml`)) as { resources: string[] }
  return resources.flatMap(file =>
    file.endsWith('.yaml')
      ? parseAllDocuments(readText(`${folder}/${file}`)).map(document => document.toJS() as ApiObject)
      : deployedObjects(joined(folder, file)),
  )
}

/** The one object of a kind among some. */
export function objectOfKind(objects: readonly ApiObject[], kind: string): ApiObject {
  const found = objects.filter(object => object.kind === kind)
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`)
  return found[0]!
}

/** What a ClusterRole grants, each as `verb resource.group`, sorted. */
export function grantsOf(role: ApiObject): string[] {
  return grantsOfRules(role['rules'] as readonly RoleRule[])
}

/** What the rules of a ClusterRole grant, each as `verb resource.group`, sorted. */
export function grantsOfRules(rules: readonly RoleRule[]): string[] {
  const grants = rules.flatMap(({ apiGroups, resources, verbs }) =>
    verbs.flatMap(verb =>
      resources.flatMap(resource => apiGroups.map(group => `${verb} ${resource}${group === '' ? '' : `.${group}`}`)),
    ),
  )
  return grants.sort()
}

/** Names of the files of a folder, without the kustomization itself. */
export function manifestFiles(folder: string): string[] {
  const names = filesMatching(`${folder}/*.yaml`).map(({ path }) => path.slice(folder.length + 1))
  return names.filter(name => name !== 'kustomization.yaml')
}

function joined(folder: string, relative: string): string {
  return new URL(relative, `file:///${folder}/`).pathname.slice(1)
}
