import type { ApiObject } from '#test/support/api-server/object.ts'
import type { RealApiServer } from '#test/support/api-server/real.ts'

const GROUP = 'multicluster.x-k8s.io'
const NAME = `serviceimports.${GROUP}`
const KIND = 'CustomResourceDefinition'
/** Where ServiceImports are listed. */
export const IMPORTS_PATH: string = `/apis/${GROUP}/v1alpha1/serviceimports`
/** How long the API server may take to do as a definition says, in milliseconds. */
const LIMIT_MS = 30_000

/** The definition of ServiceImports in a real API server: what `install`, `withdraw` and `uninstall` do in the fake. */
export class ServiceImportDefinition {
  readonly #api: RealApiServer

  constructor(api: RealApiServer) {
    this.#api = api
  }

  /** Creates it, or has the resource served again; resolves once that is so. */
  async install(): Promise<void> {
    await this.#api.apply(definition(true))
    await this.#answers(200)
  }

  /** Has the resource served no longer; its objects stay. */
  async withdraw(): Promise<void> {
    await this.#api.apply(definition(false))
    await this.#answers(404)
  }

  /** Deletes it, and with it all ServiceImports. */
  async uninstall(): Promise<void> {
    await this.#api.delete(KIND, NAME)
    await this.#answers(404)
    const deadlineMs = performance.now() + LIMIT_MS
    const path = `${this.#api.pathFor(definition(true))}/${NAME}`
    while ((await this.#api.request('GET', path)).status !== 404) await pause(deadlineMs, `${NAME} stays`)
  }

  async #answers(status: number): Promise<void> {
    const deadlineMs = performance.now() + LIMIT_MS
    while ((await this.#api.request('GET', IMPORTS_PATH)).status !== status) {
      await pause(deadlineMs, `${IMPORTS_PATH} is not answered with ${status}`)
    }
  }
}

async function pause(deadlineMs: number, complaint: string): Promise<void> {
  if (performance.now() > deadlineMs) throw new Error(complaint)
  await new Promise(resolve => setTimeout(resolve, 50))
}

/** The fields of the MCS API, v1alpha1, that have a meaning to others than its implementation. */
function definition(served: boolean): ApiObject {
  const text = { type: 'string' }
  const port = {
    type: 'object',
    required: ['port'],
    properties: { name: text, protocol: text, appProtocol: text, port: { type: 'integer', format: 'int32' } },
  }
  const spec = {
    type: 'object',
    required: ['type', 'ports'],
    properties: {
      type: { ...text, enum: ['ClusterSetIP', 'Headless'] },
      ips: { type: 'array', maxItems: 1, items: text },
      ports: { type: 'array', items: port, 'x-kubernetes-list-type': 'atomic' },
      sessionAffinity: text,
    },
  }
  const clusters = { type: 'array', items: { type: 'object', required: ['cluster'], properties: { cluster: text } } }
  const schema = { type: 'object', properties: { spec, status: { type: 'object', properties: { clusters } } } }
  const version = { name: 'v1alpha1', served, storage: true, subresources: { status: {} } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: KIND,
    metadata: { name: NAME },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural: 'serviceimports', singular: 'serviceimport', kind: 'ServiceImport', shortNames: ['svcim'] },
      versions: [{ ...version, schema: { openAPIV3Schema: schema } }],
    },
  }
}
