import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'
import type { BlockSettings } from '#plugin/env.ts'
import type { Fallthrough } from '#plugin/zones.ts'
import { readFallthrough, readZones } from '#plugin/zones.ts'
import type { ApiOptions } from '#plugins/kubernetes/api/options.ts'
import { apiOptions, apiReaders } from '#plugins/kubernetes/api/options.ts'
import type { LabelSelector } from '#plugins/kubernetes/label-selector.ts'
import { EVERY_OBJECT, parseLabelSelector } from '#plugins/kubernetes/label-selector.ts'
import type { PodMode } from '#plugins/kubernetes/lookup/find.ts'
import { POD_MODES } from '#plugins/kubernetes/lookup/find.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { ZonalRules } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { readMulticluster } from '#plugins/kubernetes/multicluster-option.ts'
import type { FoldedName } from '#wire/name.ts'

const DEFAULT_TTL_SECONDS = 5
const MAX_TTL_SECONDS = 3600

/** Options that say how to follow a live cluster: of no use beside `manifests`. */
const API_OPTIONS: readonly string[] = [
  'endpoint',
  'tls',
  'kubeconfig',
  'apiserver_qps',
  'apiserver_burst',
  'apiserver_max_inflight',
  'startup_timeout',
  'snapshot',
]

/** The options of the plugin. */
export interface KubernetesOptions extends ZonalRules {
  /** Where reverse names point: the first zone of the cluster itself that is not a reverse zone. */
  readonly primaryZone: FoldedName
  /** Files, directories and globs, as written. */
  readonly manifests: readonly string[]
  readonly pods: PodMode
  readonly endpointPodNames: boolean
  readonly ttlSeconds: number
  readonly noEndpoints: boolean
  readonly ignoreEmptyService: boolean
  readonly fallthrough: Fallthrough
  /** `null` is every namespace. */
  readonly namespaces: readonly string[] | null
  readonly namespaceLabels: LabelSelector
  readonly labels: LabelSelector
  /** `namespaceLabels` and `labels` as written, empty for all objects. */
  readonly selectorTexts: { readonly namespaces: string; readonly objects: string }
  /** How to follow a live cluster; `null` when it comes from manifests. */
  readonly api: ApiOptions | null
}

/** Reads `kubernetes [ZONE...] { ... }`. */
export function parseKubernetes(directive: Directive, block: Readonly<BlockSettings>): KubernetesOptions {
  const zones = readZones(directive.rest(), block.zones)
  const manifests: string[] = []
  const namespaces: string[] = []
  const readers = {
    manifests: (line: Line) => void manifests.push(...line.some().map(argument => argument.text)),
    pods: (line: Line) => readPods(line.one()),
    endpoint_pod_names: (line: Line) => line.flag(),
    ttl: (line: Line) => readTtl(line.one()),
    noendpoints: (line: Line) => line.flag(),
    ignore: (line: Line) => readIgnore(line.one()),
    zonal: (line: Line) => line.flag(),
    fallthrough: readFallthrough,
    namespaces: (line: Line) => void namespaces.push(...line.some().map(argument => argument.text)),
    namespace_labels: (line: Line) => readSelector(line, 'namespace_label selector'),
    labels: (line: Line) => readSelector(line, 'label selector'),
    multicluster: (line: Line) => readMulticluster(line, zones),
    ...apiReaders,
  }
  // A line without a path has been reported already.
  const isFromManifests = directive.lines?.some(line => line.name.text === 'manifests') ?? false
  for (const line of directive.lines ?? []) refuseOption(line, isFromManifests)
  const read = directive.block(readers)
  const multiclusterZones = read.multicluster ?? []
  const forward = zones.filter(zone => !isReverseZone(zone))
  const primaryZone = forward.find(zone => !multiclusterZones.includes(zone)) ?? forward[0]
  if (primaryZone === undefined) directive.fail('non-reverse zone name must be used')
  if (namespaces.length > 0 && read.namespace_labels !== undefined) {
    directive.fail('namespaces and namespace_labels cannot both be set')
  }
  if (read.zonal === true && read.noendpoints === true) {
    directive.fail('zonal requires the endpoint cache; remove noendpoints')
  }
  return Object.freeze({
    zones,
    multiclusterZones,
    primaryZone,
    manifests,
    pods: read.pods ?? 'disabled',
    endpointPodNames: read.endpoint_pod_names ?? false,
    ttlSeconds: read.ttl ?? DEFAULT_TTL_SECONDS,
    noEndpoints: read.noendpoints ?? false,
    ignoreEmptyService: read.ignore ?? false,
    zonal: read.zonal ?? false,
    fallthrough: read.fallthrough ?? null,
    namespaces: namespaces.length === 0 ? null : namespaces,
    namespaceLabels: read.namespace_labels?.matches ?? EVERY_OBJECT,
    labels: read.labels?.matches ?? EVERY_OBJECT,
    selectorTexts: { namespaces: read.namespace_labels?.text ?? '', objects: read.labels?.text ?? '' },
    api: isFromManifests ? null : apiOptions(read),
  })
}

function readPods(argument: Argument): PodMode {
  const mode = POD_MODES.find(candidate => candidate === argument.text)
  return mode ?? argument.fail(`wrong value for pods: ${argument.text},  must be one of: disabled, verified, insecure`)
}

function readTtl(argument: Argument): number {
  const ttlSeconds = argument.int({ min: Number.MIN_SAFE_INTEGER })
  if (ttlSeconds >= 0 && ttlSeconds <= MAX_TTL_SECONDS) return ttlSeconds
  return argument.fail(`ttl must be in range [0, ${MAX_TTL_SECONDS}]: ${ttlSeconds}`)
}

function readIgnore(argument: Argument): true {
  return argument.text === 'empty_service' || argument.fail(`unable to parse ignore value: '${argument.text}'`)
}

function readSelector(line: Line, what: string): { readonly text: string; readonly matches: LabelSelector } {
  const text = line
    .some()
    .map(argument => argument.text)
    .join(' ')
  const selector = parseLabelSelector(text)
  if (typeof selector === 'string') line.fail(`unable to parse ${what} value: '${text}': ${selector}`)
  return { text, matches: selector }
}

function refuseOption(line: Line, isFromManifests: boolean): void {
  const option = line.name.text
  if (!isFromManifests || !API_OPTIONS.includes(option)) return
  line.fail(
    `'${option}' is about the Kubernetes API, and 'manifests' stands in its place`,
    line.name,
    'remove the one or the other',
  )
}
