import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** Where the types of the API's objects are, which its makers generate from its OpenAPI schema. */
const MODELS = `${REPOSITORY}node_modules/@kubernetes/client-node/dist/gen/models/all.js`

/** The version that each kind has to be of. */
const VERSIONS: Readonly<Record<string, string>> = {
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  ConfigMap: 'v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  Service: 'v1',
  ServiceAccount: 'v1',
}

/**
 * What is wrong with objects by the schema of the Kubernetes API: unknown fields, values of another type, fields that are
 * missing. The compiler checks them as literals of the schema's types.
 */
export function schemaErrors(objects: readonly ApiObject[]): string[] {
  const unknown = objects.filter(
    ({ apiVersion, kind }) => VERSIONS[kind] === undefined || VERSIONS[kind] !== apiVersion,
  )
  if (unknown.length > 0) return unknown.map(({ apiVersion, kind }) => `no ${kind} of ${apiVersion} is known here`)
  const lines = objects.map(
    (object, i) => `export const object${i}: models.V1${object.kind} = ${JSON.stringify(object)}`,
  )
  const directory = mkdtempSync(join(tmpdir(), 'nodens-schema-'))
  try {
    const file = join(directory, 'objects.ts')
    writeFileSync(file, [`import type * as models from ${JSON.stringify(MODELS)}`, ...lines].join('\n'))
    return compilerErrors(file).map(({ line, message }) => {
      // The import is line 1, and each object a line of its own.
      const { kind, metadata } = objects[line - 2]!
      return `${kind} ${metadata.name}: ${message}`
    })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function compilerErrors(file: string): { line: number; message: string }[] {
  const compiler = `${REPOSITORY}node_modules/typescript/bin/tsc`
  const checks = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--pretty', 'false', '--types', 'node']
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [compiler, ...checks, '--target', 'esnext', '--module', 'nodenext', file],
    { cwd: REPOSITORY, encoding: 'utf8', timeout: 60_000 },
  )
  if (error !== undefined) throw error
  const errors = [...stdout.matchAll(/objects\.ts\((\d+),\d+\): error TS\d+: (.*)/g)]
  if (status !== 0 && errors.length === 0) throw new Error(`${stdout}${stderr}`)
  return errors.map(found => ({ line: Number(found[1]), message: found[2]! }))
}
