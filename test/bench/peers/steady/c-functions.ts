import { cLibrary } from '#net/batch/c-library.ts'

const SIGNATURES = {
  clock_gettime: { arguments: ['i32', 'pointer'], return: 'i32' },
  // What it returns has 64 bits, which would be a new BigInt for each question: -1 and a length are seen in 32.
  send: { arguments: ['i32', 'pointer', 'u64', 'i32'], return: 'i32' },
} as const

/** What the client needs of the C library besides what the server does. Pointers and lengths are bigint, errors are -1. */
export interface ClientFunctions {
  clock_gettime(clock: number, time: bigint): number
  send(fd: number, message: bigint, octets: bigint, flags: number): number
}

/** The functions by way of node:ffi; `null` where the server has none either. */
export function clientFunctions(): ClientFunctions | null {
  if (cLibrary() === null) return null // Asked first, it also keeps back Node's warning.
  return process.getBuiltinModule('node:ffi').dlopen(null, SIGNATURES).functions
}
