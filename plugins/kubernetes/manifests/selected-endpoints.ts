import { isIP } from 'node:net'
import type { EndpointState, PortState } from '#plugins/kubernetes/index/delta.ts'
import type { ManifestPod } from '#plugins/kubernetes/manifests/pod.ts'
import type { IpFamily, ManifestService, ServicePort } from '#plugins/kubernetes/manifests/service.ts'

/** Endpoints that share their ports, as one slice holds them. */
export interface EndpointGroup {
  readonly ports: readonly PortState[]
  readonly endpoints: readonly EndpointState[]
}

/** Pods by what a selector may ask for. */
export class PodsByLabel {
  readonly #pods = new Map<string, ManifestPod[]>()

  constructor(pods: Iterable<ManifestPod>) {
    for (const pod of pods) {
      for (const [key, value] of Object.entries(pod.metadata.labels)) {
        const label = `${pod.metadata.namespace} ${key}=${value}`
        const known = this.#pods.get(label)
        if (known === undefined) this.#pods.set(label, [pod])
        else known.push(pod)
      }
    }
  }

  /** The pods of a namespace that have all labels of a selector, which must have one. */
  selected(namespace: string, selector: Readonly<Record<string, string>>): readonly ManifestPod[] {
    const labels = Object.entries(selector)
    const [key, value] = labels[0]!
    const candidates = this.#pods.get(`${namespace} ${key}=${value}`) ?? []
    return candidates.filter(pod => labels.every(([key, value]) => pod.metadata.labels[key] === value))
  }
}

/**
 * The endpoints of a Service with a selector, as the EndpointSlice controller makes them: its pods that have an address
 * and are ready, or all of them with publishNotReadyAddresses; named target ports looked up in each pod's containers; a
 * pod's hostname when its subdomain is the Service's name; the topology zone of its Node, of which `zones` has each by name.
 */
export function selectedEndpoints(
  service: ManifestService,
  pods: PodsByLabel,
  zones: ReadonlyMap<string, string>,
): readonly EndpointGroup[] {
  const groups = new Map<string, { ports: PortState[]; endpoints: EndpointState[] }>()
  for (const pod of pods.selected(service.metadata.namespace, service.selector!)) {
    if (pod.isOver || !(pod.isReady || service.publishNotReadyAddresses)) continue
    const ports = service.ports.flatMap(port => podPort(port, pod))
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    groups.set(key, group)
    const hostname = pod.subdomain === service.metadata.name ? pod.hostname : ''
    const zone = zones.get(pod.nodeName) ?? ''
    const rest = { hostname, podName: pod.metadata.name, ...(zone === '' ? {} : { zone }) }
    for (const address of podAddresses(pod, service.ipFamilies)) {
      group.endpoints.push({ address, ...rest })
    }
  }
  return [...groups.values()]
}

/** The port of the pod that a Service's port stands for; none when the pod has no port of that name. */
function podPort({ name, protocol, port, targetPort }: ServicePort, pod: ManifestPod): PortState[] {
  if (typeof targetPort === 'number') return [{ name, protocol, port: targetPort === 0 ? port : targetPort }]
  const found = pod.containerPorts.find(candidate => candidate.name === targetPort && candidate.protocol === protocol)
  return found === undefined ? [] : [{ name, protocol, port: found.port }]
}

function podAddresses(pod: ManifestPod, families: readonly IpFamily[] | null): readonly string[] {
  if (families === null) return pod.ip === '' ? [] : [pod.ip]
  return pod.ips.filter(address => families.includes(isIP(address) as IpFamily))
}
