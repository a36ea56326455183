import type { ManifestDocument, Path } from '#plugins/kubernetes/manifests/document.ts'
import { ManifestError } from '#plugins/kubernetes/manifests/error.ts'

/** A value in a manifest, read as what it should be; every reader throws a ManifestError with its line if it is not. */
export class ManifestNode {
  readonly #document: ManifestDocument
  readonly #path: Path
  readonly #value: unknown
  readonly #depthOfObject: number

  /** `depthOfObject` is how much of the path leads to the object itself (`items[3]` of a List) and is not worth telling. */
  constructor(document: ManifestDocument, path: Path, value: unknown, depthOfObject: number = path.length) {
    this.#document = document
    this.#path = path
    this.#value = value
    this.#depthOfObject = depthOfObject
  }

  get file(): string {
    return this.#document.file
  }

  /** 1-based. */
  get line(): number {
    return this.#document.lineOf(this.#path)
  }

  /** Where it is written, at little cost; see ManifestDocument. */
  get place(): string {
    return this.#document.placeOf(this.#path)
  }

  /** Whether it was not written, or as `null`. */
  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null
  }

  get isMap(): boolean {
    return typeof this.#value === 'object' && this.#value !== null && !Array.isArray(this.#value)
  }

  /** This node as an object of its own. */
  asObject(): ManifestNode {
    return new ManifestNode(this.#document, this.#path, this.#value)
  }

  /** The value under a key; absent when this is. */
  get(key: string): ManifestNode {
    if (!this.isAbsent && !this.isMap) this.fail('must be a mapping')
    const map = (this.#value ?? {}) as Record<string, unknown>
    return this.#child(key, Object.hasOwn(map, key) ? map[key] : undefined)
  }

  /** The items of a list; none when it is absent. */
  items(): ManifestNode[] {
    if (this.isAbsent) return []
    if (!Array.isArray(this.#value)) this.fail('must be a list')
    return this.#value.map((value, index) => this.#child(index, value))
  }

  /** A text that must be there and not be empty. */
  text(): string {
    const text = this.optionalText()
    return text === '' ? this.fail('is missing') : text
  }

  /** A text; empty when it is absent. */
  optionalText(): string {
    if (this.isAbsent) return ''
    return typeof this.#value === 'string' ? this.#value : this.fail('must be a string')
  }

  /** One of some words, the first when it is absent. */
  oneOf<const W extends readonly [string, ...string[]]>(words: W): W[number] {
    const text = this.optionalText()
    if (text === '') return words[0]
    return words.find(word => word === text) ?? this.fail(`'${text}' is not one of ${words.join(', ')}`)
  }

  /** A boolean; `otherwise` when it is absent. */
  boolean(otherwise: boolean): boolean {
    if (this.isAbsent) return otherwise
    return typeof this.#value === 'boolean' ? this.#value : this.fail('must be true or false')
  }

  /** A port number. */
  port(): number {
    if (this.isAbsent) this.fail('is missing')
    const value = this.#value
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535) return value
    return this.fail(`${JSON.stringify(value)} is not a port number (1 to 65535)`)
  }

  /** A port number or a name; 0 when it is absent. */
  portOrName(): number | string {
    if (this.isAbsent) return 0
    return typeof this.#value === 'string' && this.#value !== '' ? this.#value : this.port()
  }

  /** A mapping of texts to texts; empty when it is absent. */
  texts(): Record<string, string> {
    if (this.isAbsent) return {}
    if (!this.isMap) this.fail('must be a mapping')
    const texts: [string, string][] = []
    for (const [key, value] of Object.entries(this.#value as Record<string, unknown>)) {
      if (typeof value !== 'string') this.get(key).fail('must be a string')
      else texts.push([key, value])
    }
    return Object.fromEntries(texts)
  }

  fail(message: string): never {
    const field = this.#path
      .slice(this.#depthOfObject)
      .map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    const place = field.join('').replace(/^\./, '')
    throw new ManifestError(this.file, this.line, place === '' ? message : `${place}: ${message}`)
  }

  #child(step: string | number, value: unknown): ManifestNode {
    return new ManifestNode(this.#document, [...this.#path, step], value, this.#depthOfObject)
  }
}
