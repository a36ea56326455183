import process from 'node:process'

/**
 * The module node:ffi, `undefined` where Node has none; without its ExperimentalWarning, which would tell users of a DNS server
 * about something that they can neither help nor need to know, since everything goes on without it. A flag (--disable-warning)
 * would have to be on every command line and would hide all such warnings; here only that one is held back, for the time of one
 * call. Throws where it is forbidden.
 */
export function nodeFfi(): typeof import('node:ffi') | undefined {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] !== 'ExperimentalWarning') Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return process.getBuiltinModule?.('node:ffi')
  } finally {
    process.emitWarning = emitWarning
  }
}
