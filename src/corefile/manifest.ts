import type { Token } from '#corefile/token.ts'

/** The word by which a text gives itself away as a Kubernetes manifest in YAML, such as a ConfigMap; `null` if it is none. */
export function findManifest(tokens: readonly Token[]): Token | null {
  const first = tokens.find(token => token.text !== '---')
  if (first === undefined || !/^(apiVersion|kind|metadata|data):$/.test(first.text)) return null
  const names = (field: string) => tokens.find(token => token.column === 1 && token.text === `${field}:`)
  return names('apiVersion') === undefined ? null : (names('kind') ?? null)
}
