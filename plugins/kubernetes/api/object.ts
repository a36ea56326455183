/**
 * Objects as the API server sends them, as far as DNS is concerned. The server has checked them, but every field may be
 * absent.
 */

/** What all objects have. */
export interface ObjectMetadata {
  readonly namespace?: string
  readonly name?: string
  readonly resourceVersion?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** A port of a Service or EndpointSlice. */
export interface ObjectPort {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number | null
}

/** One endpoint of an EndpointSlice. */
export interface SliceEndpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: { readonly ready?: boolean | null }
  readonly hostname?: string
  readonly targetRef?: { readonly name?: string }
  readonly zone?: string | null
}

/** Any object of a resource that is watched. */
export interface ApiObject {
  readonly metadata?: ObjectMetadata
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly externalName?: string
    readonly externalIPs?: readonly string[]
    /** Of a ServiceImport. */
    readonly ips?: readonly string[]
    readonly ports?: readonly ObjectPort[]
  }
  readonly status?: {
    readonly podIP?: string
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] }
  }
  readonly addressType?: string
  readonly ports?: readonly ObjectPort[] | null
  readonly endpoints?: readonly SliceEndpoint[] | null
}
