import type { Clock } from '#lib/clock.ts'
import type { Followed } from '#plugin/capability.ts'
import type { Gauge, MetricRegistry } from '#plugin/metrics.ts'
import type { Report } from '#plugins/kubernetes/api/report.ts'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'

/** How up to date what is known of each resource is, for metrics and the ready plugin. */
export class Freshness {
  readonly #clock: Clock
  readonly #metrics: MetricRegistry
  readonly #ages: Gauge
  readonly #versions: Gauge
  readonly #resources: ReadonlyMap<Resource['name'], { version: string; heardAtMs: number }>
  #end = () => {}

  constructor(names: readonly Resource['name'][], clock: Clock, metrics: MetricRegistry) {
    this.#clock = clock
    this.#metrics = metrics
    this.#resources = new Map(names.map(name => [name, { version: '', heardAtMs: 0 }]))
    this.#ages = metrics.gauge({
      name: 'nodens_kubernetes_watch_age_seconds',
      help: 'Time since the Kubernetes API last said something about a resource.',
      labels: ['resource'],
    })
    this.#versions = metrics.gauge({
      name: 'nodens_kubernetes_resource_version',
      help: 'The resource version up to which a resource is known.',
      labels: ['resource'],
    })
  }

  /** Nothing has been heard from now on. */
  begin(): void {
    for (const resource of this.#resources.values()) resource.heardAtMs = this.#clock.nowMs()
    this.#end = this.#metrics.onCollect(() => this.#collect())
  }

  note(name: Resource['name'], { version, isHeard }: Report): void {
    const resource = this.#resources.get(name)!
    resource.version = version
    if (isHeard) resource.heardAtMs = this.#clock.nowMs()
  }

  /** Each resource with the version that it is known up to, and the time since it was heard of. */
  followed(): Followed[] {
    const nowMs = this.#clock.nowMs()
    return [...this.#resources].map(([what, { version, heardAtMs }]) => ({ what, version, ageMs: nowMs - heardAtMs }))
  }

  /** Takes the metrics back. */
  end(): void {
    this.#end()
    for (const name of this.#resources.keys()) {
      this.#ages.remove(name)
      this.#versions.remove(name)
    }
  }

  #collect(): void {
    for (const { what, version, ageMs } of this.followed()) {
      this.#ages.labels(what).set(ageMs / 1000)
      // It is a number, though clients need not rely on that.
      const number = Number(version)
      if (version !== '' && Number.isFinite(number)) this.#versions.labels(what).set(number)
    }
  }
}
