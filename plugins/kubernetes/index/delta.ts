/**
 * What the plugin knows of a cluster, as changes to it. A source (manifest files now) sends deltas; every index that
 * they are applied to, in whatever thread, comes to the same answers. All of it is plain data: it can be cloned to
 * another thread or written as JSON.
 *
 * A source sends only what DNS answers from, leaves out objects that the options `labels` and `namespace_labels`
 * exclude, and sends a delta only when something in it is new: each batch with a delta moves the zones' serial.
 */

/** One port of a service or slice. */
export interface PortState {
  /** Empty for a port without a name. */
  readonly name: string
  /** `TCP`, `UDP` or `SCTP`. */
  readonly protocol: string
  /** 1..65535. */
  readonly port: number
}

/** A namespace that exists. */
export interface NamespaceState {
  readonly name: string
}

/** A Service. */
export interface ServiceState {
  readonly namespace: string
  readonly name: string
  /** `external` is type ExternalName, `headless` has `clusterIP: None`, `address` is every other. */
  readonly kind: 'address' | 'headless' | 'external'
  /** The cluster addresses of kind `address`, in the order of spec.clusterIPs; else empty. */
  readonly addresses: readonly string[]
  /** The target of kind `external`, final dot optional; else empty. */
  readonly externalName: string
  /** Addresses and host names by which it is reached from outside: spec.externalIPs, then the load balancer's; absent for none. */
  readonly externals?: readonly string[]
  readonly ports: readonly PortState[]
}

/** One ready address of a slice. */
export interface EndpointState {
  /** An IPv4 or IPv6 address as Kubernetes writes it. */
  readonly address: string
  /** Empty when there is none. */
  readonly hostname: string
  /** The name of the pod behind it (targetRef.name); empty when there is none. */
  readonly podName: string
  /** The topology zone it is in, in lower case; sent only for `zonal`, absent when there is none. */
  readonly zone?: string
}

/** The ready endpoints of an EndpointSlice. */
export interface SliceState {
  readonly namespace: string
  readonly name: string
  /** Name of the service it belongs to (label kubernetes.io/service-name). */
  readonly service: string
  readonly ports: readonly PortState[]
  readonly endpoints: readonly EndpointState[]
}

/** The ready endpoints of an EndpointSlice that another cluster of the clusterset has sent. */
export interface ImportedSliceState extends SliceState {
  /** The cluster (label multicluster.kubernetes.io/source-cluster); empty when the slice names none. */
  readonly cluster: string
}

/** A pod that has an address and is not on its way out; sent only for `pods verified`. */
export interface PodState {
  readonly namespace: string
  readonly name: string
  /** status.podIP. */
  readonly ip: string
  /** Sent only where metadata is read. */
  readonly labels?: Readonly<Record<string, string>>
}

/**
 * The new state of one object, or `null` when it is gone. `key` names the object among those of its kind: `name` for a
 * namespace, `namespace/name` for all others.
 */
export type Delta =
  | { readonly kind: 'namespace'; readonly key: string; readonly object: NamespaceState | null }
  | { readonly kind: 'service'; readonly key: string; readonly object: ServiceState | null }
  | { readonly kind: 'slice'; readonly key: string; readonly object: SliceState | null }
  | { readonly kind: 'pod'; readonly key: string; readonly object: PodState | null }
  /** A ServiceImport: never of kind `external`, and without `externals`. */
  | { readonly kind: 'import'; readonly key: string; readonly object: ServiceState | null }
  | { readonly kind: 'imported-slice'; readonly key: string; readonly object: ImportedSliceState | null }

/** Deltas that take effect together: no query sees some of them without the others. */
export interface DeltaBatch {
  /** When the source learned of them, in whole seconds since 1970; becomes the serial of the zones that they touch. */
  readonly atSeconds: number
  /** The serial of multicluster zones, in a batch that sums up others; else it is `atSeconds`. */
  readonly clustersetAtSeconds?: number
  readonly deltas: readonly Delta[]
  /** Whether the source has now sent everything there is; it can become false again, when a snapshot gets too old. */
  readonly synced: boolean
}
