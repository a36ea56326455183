import { parse } from 'yaml'
import { certificates } from '#test/support/api-server/certificates.ts'
import type { ApiObject } from '#test/support/api-server/object.ts'
import { kubernetesAssets, RealApiServer } from '#test/support/api-server/real.ts'
import type { RoleRule } from '#test/support/deployment.ts'
import { deployedObjects, objectOfKind } from '#test/support/deployment.ts'
import type { LiveOptions } from '#test/support/live-cluster.ts'
import { bootLive, stableObjects } from '#test/support/live-cluster.ts'
import type { TestServer } from '#test/support/server.ts'
import { readText } from '#test/support/source.ts'

const assets = kubernetesAssets()
/** Why there is no real cluster to be had; `false` if there is. */
export const noRealCluster: string | false = 'reason' in assets ? assets.reason : false

/** A real API server with the stable objects, and servers that follow it with the role of deploy/kubernetes and nothing else. */
export class RealCluster {
  readonly api: RealApiServer = new RealApiServer('folder' in assets ? assets.folder : '')
  readonly #closing: (() => unknown)[] = []

  /** Starts the API server; `overlay` is one of deploy/kubernetes/overlays that grants more. Stop it in `after`, also when this rejects. */
  async start(overlay?: string): Promise<void> {
    await this.api.start()
    const objects = deployedObjects('deploy/kubernetes/base')
    const role = objectOfKind(objects, 'ClusterRole')
    const rules = [...(role['rules'] as readonly RoleRule[]), ...(overlay === undefined ? [] : rulesAddedBy(overlay))]
    await this.api.apply({ ...role, rules })
    // The binding is for the group of the client certificate here.
    const subjects = [{ kind: 'Group', name: 'nodens', apiGroup: 'rbac.authorization.k8s.io' }]
    await this.api.apply({ ...objectOfKind(objects, 'ClusterRoleBinding'), subjects })
    for (const object of stableObjects()) await this.apply(object)
  }

  /** Creates an object, or replaces the one there is, without what only a server may write. */
  async apply(object: ApiObject): Promise<void> {
    const { managedFields: _managed, ...metadata } = object.metadata
    await this.api.apply({ ...object, metadata })
  }

  /** Boots a server that follows it, until `stop` at the latest. */
  boot(options: LiveOptions = {}): Promise<TestServer> {
    const { client, ca } = certificates
    const files = { 'client.crt': client.cert, 'client.key': client.key, 'ca.crt': ca }
    const access = `endpoint ${this.api.url}\ntls client.crt client.key ca.crt`
    return bootLive({ after: close => void this.#closing.push(close as () => unknown) }, '', {
      access,
      files,
      ...options,
    })
  }

  async stop(): Promise<void> {
    for (const close of this.#closing.reverse()) await close()
    await this.api.stop()
  }
}

/** The rules that an overlay of deploy/kubernetes adds to the role. */
function rulesAddedBy(overlay: string): RoleRule[] {
  const text = readText(`deploy/kubernetes/overlays/${overlay}/cluster-role-patch.yaml`)
  return (parse(text) as { readonly value: RoleRule }[]).map(({ value }) => value)
}
