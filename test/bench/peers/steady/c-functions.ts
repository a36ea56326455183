import { cLibrary } from '#net/batch/c-library.ts'

// Arguments are all pointers for the reason that the server's own have (src/net/batch/c-library.ts).
const SIGNATURES = {
  clock_gettime: { arguments: ['pointer', 'pointer'], return: 'i32' },
  // What it returns has 64 bits, which would be a new BigInt for each question: -1 and a length are seen in 32.
  send: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
} as const

/** What the client needs of the C library besides what the server does. Arguments are bigint, errors are -1. */
export interface ClientFunctions {
  clock_gettime(clock: bigint, time: bigint): number
  send(fd: bigint, message: bigint, octets: bigint, flags: bigint): number
}

/** The functions by way of node:ffi; `null` where the server has none either. */
export function clientFunctions(): ClientFunctions | null {
  if (cLibrary() === null) return null // Asked first, it also keeps back Node's warning.
  return process.getBuiltinModule('node:ffi').dlopen(null, SIGNATURES).functions
}
