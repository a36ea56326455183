import type { Argument } from '#corefile/argument.ts'
import type { Directive, Line } from '#corefile/directive.ts'
import type { BlockSettings } from '#plugin/env.ts'
import type { Fallthrough } from '#plugin/zones.ts'
import { readFallthrough, readZones } from '#plugin/zones.ts'
import type { LabelSelector } from '#plugins/kubernetes/label-selector.ts'
import { EVERY_OBJECT, parseLabelSelector } from '#plugins/kubernetes/label-selector.ts'
import type { PodMode } from '#plugins/kubernetes/lookup/find.ts'
import { POD_MODES } from '#plugins/kubernetes/lookup/find.ts'
import { isReverseZone } from '#plugins/kubernetes/lookup/reverse-address.ts'
import type { FoldedName } from '#wire/name.ts'

const DEFAULT_TTL_SECONDS = 5
const MAX_TTL_SECONDS = 3600

/** Options that are about the Kubernetes API, which this version does not read. */
const API_OPTIONS: readonly string[] = [
  'endpoint',
  'tls',
  'kubeconfig',
  'apiserver_qps',
  'apiserver_burst',
  'apiserver_max_inflight',
  'startup_timeout',
  'multicluster',
  'zonal',
]

/** The options of the plugin. */
export interface KubernetesOptions {
  readonly zones: readonly FoldedName[]
  /** The first zone that is not a reverse zone: where reverse names point. */
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
    fallthrough: readFallthrough,
    namespaces: (line: Line) => void namespaces.push(...line.some().map(argument => argument.text)),
    namespace_labels: (line: Line) => readSelector(line, 'namespace_label selector'),
    labels: (line: Line) => readSelector(line, 'label selector'),
  }
  directive.lines?.forEach(refuseApiOption)
  const read = directive.block(readers)
  const primaryZone = zones.find(zone => !isReverseZone(zone))
  if (primaryZone === undefined) directive.fail('non-reverse zone name must be used')
  if (namespaces.length > 0 && read.namespace_labels !== undefined) {
    directive.fail('namespaces and namespace_labels cannot both be set')
  }
  // A line without a path has been reported already.
  if (!directive.lines?.some(line => line.name.text === 'manifests')) {
    directive.fail('no manifests to read the cluster from', directive.name, "add 'manifests PATH...' to its block")
  }
  return Object.freeze({
    zones,
    primaryZone,
    manifests,
    pods: read.pods ?? 'disabled',
    endpointPodNames: read.endpoint_pod_names ?? false,
    ttlSeconds: read.ttl ?? DEFAULT_TTL_SECONDS,
    noEndpoints: read.noendpoints ?? false,
    ignoreEmptyService: read.ignore ?? false,
    fallthrough: read.fallthrough ?? null,
    namespaces: namespaces.length === 0 ? null : namespaces,
    namespaceLabels: read.namespace_labels ?? EVERY_OBJECT,
    labels: read.labels ?? EVERY_OBJECT,
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

function readSelector(line: Line, what: string): LabelSelector {
  const text = line
    .some()
    .map(argument => argument.text)
    .join(' ')
  const selector = parseLabelSelector(text)
  return typeof selector === 'string' ? line.fail(`unable to parse ${what} value: '${text}': ${selector}`) : selector
}

function refuseApiOption(line: Line): void {
  const option = line.name.text
  if (!API_OPTIONS.includes(option)) return
  line.fail(
    `'${option}' is about the Kubernetes API, and this version reads manifests only`,
    line.name,
    "remove it and name the cluster's objects with 'manifests PATH...'",
  )
}
