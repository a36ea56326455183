import type { FoldedName } from '#wire/name.ts'

/** Which part of a zone a name lies in. */
export const Subtree = {
  /** The zone itself, `svc` or `pod` right below it: names that exist and have no addresses. */
  APEX: 0,
  /** Below `svc`. */
  SERVICE: 1,
  /** Below `pod`. */
  POD: 2,
  /** `dns-version`, and nothing below it. */
  VERSION: 3,
  /** `dns`, which exists because `ns.dns` does. */
  DNS: 4,
  /** `ns.dns`. */
  NAME_SERVER: 5,
  /** Anything else. */
  OTHER: 6,
} as const
/** One of the numbers of {@link Subtree}. */
export type Subtree = (typeof Subtree)[keyof typeof Subtree]

/**
 * A name taken apart by the schema of Kubernetes' DNS specification 1.1.0:
 * `[endpoint. | port.protocol.] name . namespace . (svc|pod) . zone`. The parts are wire labels as they stand in the
 * name.
 */
export class Request {
  readonly subtree: Subtree
  readonly #name: FoldedName
  /** How many labels stand to the left of `svc` or `pod`: 1 is a namespace, 2 a service or pod. */
  readonly depth: number
  readonly #protocolAt: number
  readonly #serviceAt: number
  readonly #namespaceAt: number
  readonly #kindAt: number

  /** The offsets are those of the labels named, counted from `kindAt` to the left; 0 where there is none. */
  constructor(
    subtree: Subtree,
    name: FoldedName,
    depth: number,
    protocolAt: number,
    serviceAt: number,
    namespaceAt: number,
    kindAt: number,
  ) {
    this.subtree = subtree
    this.#name = name
    this.depth = depth
    this.#protocolAt = protocolAt
    this.#serviceAt = serviceAt
    this.#namespaceAt = namespaceAt
    this.#kindAt = kindAt
  }

  /** Wire label of the namespace. */
  get namespace(): string {
    return this.#name.slice(this.#namespaceAt, this.#kindAt)
  }

  /** Wire labels `name.namespace`. */
  get service(): string {
    return this.#name.slice(this.#serviceAt, this.#kindAt)
  }

  /** Name of the service or pod, as text; meant for names of two labels and more. */
  get podName(): string {
    return this.#name.slice(this.#serviceAt + 1, this.#namespaceAt)
  }

  /** Wire labels of pod and namespace with `pod`. */
  get podLabels(): string {
    return `${this.service}\x03pod`
  }

  /** Wire label of the endpoint; empty when the name has none. */
  get endpoint(): string {
    return this.depth === 3 ? this.#name.slice(0, this.#serviceAt) : ''
  }

  /** Wire labels left of the service or pod; meant for names of two labels and more. */
  get left(): string {
    return this.#name.slice(0, this.#serviceAt)
  }

  /** Name of the port, as text without its underscore; empty when the name has none. */
  get port(): string {
    return this.depth === 4 ? withoutUnderscore(this.#name, 1, this.#protocolAt) : ''
  }

  /** Name of the protocol, as text without its underscore; empty when the name has none. */
  get protocol(): string {
    return this.depth === 4 ? withoutUnderscore(this.#name, this.#protocolAt + 1, this.#serviceAt) : ''
  }
}

/** Takes apart a name whose zone begins at the char `zoneAt`. */
export function parseRequest(name: FoldedName, zoneAt: number): Request {
  let kindAt = 0
  let namespaceAt = 0
  let serviceAt = 0
  let protocolAt = 0
  let depth = -1
  for (let at = 0; at < zoneAt; at += 1 + name.charCodeAt(at)) {
    protocolAt = serviceAt
    serviceAt = namespaceAt
    namespaceAt = kindAt
    kindAt = at
    depth++
  }
  return new Request(subtreeOf(name, kindAt, depth), name, depth, protocolAt, serviceAt, namespaceAt, kindAt)
}

function subtreeOf(name: FoldedName, kindAt: number, depth: number): Subtree {
  if (depth < 0) return Subtree.APEX
  if (name.startsWith('\x03svc', kindAt)) {
    return depth === 0 ? Subtree.APEX : depth <= 4 ? Subtree.SERVICE : Subtree.OTHER
  }
  if (name.startsWith('\x03pod', kindAt)) return depth === 0 ? Subtree.APEX : depth <= 4 ? Subtree.POD : Subtree.OTHER
  if (name.startsWith('\x03dns', kindAt)) {
    if (depth === 0) return Subtree.DNS
    return depth === 1 && name.startsWith('\x02ns') ? Subtree.NAME_SERVER : Subtree.OTHER
  }
  return depth === 0 && name.startsWith('\x0bdns-version') ? Subtree.VERSION : Subtree.OTHER
}

function withoutUnderscore(name: FoldedName, start: number, end: number): string {
  return name.slice(name.charCodeAt(start) === 0x5f ? start + 1 : start, end)
}
