import { MAX_LABEL_OCTETS } from '#wire/constants.ts'
import type { Name } from '#wire/name.ts'
import { foldName } from '#wire/name.ts'

/** A name from Kubernetes as one wire label, length octet first; `null` when it cannot be one. */
export function wireLabel(text: string): string | null {
  const octets = Buffer.from(text, 'utf8').toString('latin1')
  if (octets.length === 0 || octets.length > MAX_LABEL_OCTETS) return null
  return String.fromCharCode(octets.length) + octets
}

/** A name with dots from Kubernetes as wire labels; `null` when a part of it cannot be one. */
export function wireLabels(text: string): string | null {
  const labels = text.split('.').map(wireLabel)
  return labels.includes(null) ? null : labels.join('')
}

/** Wire labels in lower case. */
export function foldLabels(labels: string): string {
  return foldName(labels as Name)
}
