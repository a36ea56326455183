import type { TlsTermsSource } from '#lib/tls-terms.ts'
import type { FoldedName } from '#wire/name.ts'

/**
 * Typed meeting points between plugins that must not import each other. A plugin provides a value under a capability
 * while it is built; another finds it once every plugin of the block has been built (in a start hook or later).
 */

/** A kind of thing that plugins can offer one another. */
export interface Capability<T> {
  readonly name: string
  /** Never set: ties the type to the key. */
  readonly type?: T
}

/** Makes a capability; call it once, at the top of a module under src/plugin. */
export function defineCapability<T>(name: string): Capability<T> {
  return Object.freeze({ name })
}

/** What the plugins of one scope (a server block, or a whole configuration) offer. */
export class Capabilities {
  readonly #offers = new Map<Capability<unknown>, unknown[]>()

  provide<T>(capability: Capability<T>, value: T): void {
    const offers = this.#offers.get(capability)
    if (offers === undefined) this.#offers.set(capability, [value])
    else offers.push(value)
  }

  /** Everything offered under a capability, in the order of the chain. */
  all<T>(capability: Capability<T>): readonly T[] {
    return (this.#offers.get(capability) as T[] | undefined) ?? []
  }
}

/** Whether a plugin can do its work yet; asked by the ready plugin. */
export interface Readiness {
  readonly plugin: string
  ready(): boolean
}
/** Where a plugin says whether it is ready. */
export const readiness: Capability<Readiness> = defineCapability<Readiness>('readiness')

/** Something elsewhere that a plugin follows, and how up to date it is. */
export interface Followed {
  /** `services`. */
  readonly what: string
  /** The version up to which it is known, in the words of where it comes from; empty when that is not known. */
  readonly version: string
  /** Time since something was heard of it, in milliseconds. */
  readonly ageMs: number
}
/** All that a plugin follows; asked by the ready plugin, in the thread that follows it. */
export interface FollowedSources {
  readonly plugin: string
  followed(): readonly Followed[]
}
/** Where a plugin that follows something elsewhere says how up to date it is. */
export const followedSources: Capability<FollowedSources> = defineCapability<FollowedSources>('followed sources')

/** A store of answers that can be told what has changed. A name stands for all answers about it, whatever their type and flags. */
export interface AnswerCache {
  /** Whether nothing is stored: there is no need then to find out what has changed. */
  readonly isEmpty: boolean
  /** From now on answers about names in these zones can be found by name; no others can be dropped. */
  track(zones: readonly FoldedName[]): void
  /** Forgets what is stored about a name, denials and answers that lead to it by CNAME included. */
  drop(name: FoldedName): void
  /** The same for a name and all below it, or those of them that are meant; takes time for every answer stored. */
  dropBelow(name: FoldedName, isMeant?: (below: FoldedName) => boolean): void
}
/** Where a plugin that keeps answers of others lets them be dropped. */
export const answerCache: Capability<AnswerCache> = defineCapability<AnswerCache>('answerCache')

/** Where the plugin that has a block's certificate offers it to the block's listeners. */
export const tlsTerms: Capability<TlsTermsSource> = defineCapability<TlsTermsSource>('TLS terms')
