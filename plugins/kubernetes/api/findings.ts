import type { Fingerprint } from '#plugins/kubernetes/api/fingerprint.ts'
import { Held } from '#plugins/kubernetes/api/held.ts'
import type { ApiObject, ObjectMetadata } from '#plugins/kubernetes/api/object.ts'
import type { Report } from '#plugins/kubernetes/api/report.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'
import { keyOf } from '#plugins/kubernetes/api/resource.ts'
import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** Deltas that are reported together. */
const MAX_DELTAS = 100

/** What a reflector has found out, and what of it is not reported yet. */
export class Findings {
  readonly held: Held
  /** The resource version to watch from; empty when a list is needed. */
  version: string
  readonly #resource: Resource
  readonly #report: (report: Report) => void
  #reportedVersion: string
  #deltas: Delta[] = []
  #changes: ObjectMetadata[] = []
  #isHeard = false

  constructor(resource: Resource, keepsStates: boolean, version: string, report: (report: Report) => void) {
    this.held = new Held(resource.kind, keepsStates)
    this.version = version
    this.#resource = resource
    this.#report = report
    this.#reportedVersion = version
  }

  /** An object is there, read from octets with a fingerprint. */
  put(object: ApiObject, octets: Fingerprint): void {
    this.#add(this.held.put(keyOf(object), this.#resource.state(object), octets))
  }

  /** An object is no more. */
  remove(key: string): void {
    this.#add(this.held.remove(key))
  }

  /** No object is there. */
  removeAll(): void {
    for (const key of this.held.keys()) this.remove(key)
  }

  /** A snapshot has an object, by its state in JSON. */
  adopt(json: string): void {
    this.#add(this.held.adopt(keyOf({ metadata: JSON.parse(json) as ObjectMetadata }), json))
  }

  /** An event of a watch was about an object, which has been put or removed. */
  changed({ metadata }: ApiObject): void {
    if (metadata !== undefined) this.#changes.push(metadata)
  }

  /** The API server has said something. */
  heard(): void {
    this.#isHeard = true
  }

  /** Reports what has not been; `isListed` says whether that is now all that there is. */
  flush(isListed = false): void {
    const [deltas, changes, isHeard, version] = [this.#deltas, this.#changes, this.#isHeard, this.version]
    if (deltas.length === 0 && !isHeard && !isListed && version === this.#reportedVersion) return
    this.#deltas = []
    this.#changes = []
    this.#isHeard = false
    this.#reportedVersion = version
    this.#report({ deltas, changes, version, isHeard, isListed })
  }

  #add(delta: Delta | null): void {
    if (delta !== null && this.#deltas.push(delta) >= MAX_DELTAS) this.flush()
  }
}
