import type { Word } from '#corefile/stream.ts'
import type { Token } from '#corefile/token.ts'

/** The word by which a text gives itself away as a Kubernetes manifest in YAML, such as a ConfigMap; `null` if it is none. */
export function findManifest(words: readonly Word[]): Token | null {
  const first = words.find(({ token }) => token.text !== '---')
  if (first === undefined || !/^(apiVersion|kind|metadata|data):$/.test(first.token.text)) return null
  const field = (name: string) => words.find(({ token }) => token.column === 1 && token.text === `${name}:`)?.token
  return field('apiVersion') === undefined ? null : (field('kind') ?? null)
}
