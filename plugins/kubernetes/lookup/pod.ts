import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'

/** The address that a pod's name spells (`10-244-1-2`, `2001-db8--1`); `null` when it spells none. */
export function podAddress(podName: string): Address | null {
  let dashes = 0
  let hasPair = false
  for (let i = 0; i < podName.length; i++) {
    const char = podName.charCodeAt(i)
    if (char === 0x2d) {
      dashes++
      hasPair ||= podName.charCodeAt(i + 1) === 0x2d
    } else if (!isHexDigit(char)) {
      // A dot or colon inside the label itself must not be taken for the separator that a dash stands for.
      return null
    }
  }
  return parseAddress(podName.replaceAll('-', dashes === 3 && !hasPair ? '.' : ':'))
}

function isHexDigit(char: number): boolean {
  return (char >= 0x30 && char <= 0x39) || (char >= 0x61 && char <= 0x66)
}
