import { endianness } from 'node:os'
import process from 'node:process'
import { getSystemErrorName } from 'node:util'
import { nodeFfi } from '#lib/node-ffi.ts'

/**
 * Functions of the C library and of libuv, both part of this process already. Pointers are bigint, errors are -1.
 *
 * Those that are called for messages and to wait take nothing but bigint (`cArgument`): see SIGNATURES.
 */
export interface CLibrary {
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, address: bigint, length: number): number
  connect(fd: number, address: bigint, length: number): number
  getsockname(fd: number, address: bigint, length: bigint): number
  setsockopt(fd: number, level: number, option: number, value: bigint, length: number): number
  getsockopt(fd: number, level: number, option: number, value: bigint, length: bigint): number
  sendmsg(fd: bigint, header: bigint, flags: bigint): number
  recvmsg(fd: bigint, header: bigint, flags: bigint): number
  recvmmsg(fd: bigint, headers: bigint, count: bigint, flags: bigint, timeout: bigint): number
  sendmmsg(fd: bigint, headers: bigint, count: bigint, flags: bigint): number
  poll(descriptors: bigint, count: bigint, timeoutMs: bigint): number
  epollControl(epoll: bigint, operation: bigint, fd: bigint, event: bigint): number
  epollWait(epoll: bigint, events: bigint, count: bigint, timeoutMs: bigint): number
  close(fd: number): number
  ioctl(fd: number, request: bigint, argument: bigint): number
  schedGetaffinity(thread: number, octets: bigint, set: bigint): number
  schedSetaffinity(thread: number, octets: bigint, set: bigint): number
  schedGetscheduler(thread: number): number
  schedSetscheduler(thread: number, policy: number, parameters: bigint): number
  epollCreate(flags: number): number
  pollInit(loop: bigint, handle: bigint, fd: number): number
  pollStart(handle: bigint, events: number, callback: bigint): number
  pollStop(handle: bigint): number
  uvClose(handle: bigint, callback: bigint): void
  uvRef(handle: bigint): void
  uvUnref(handle: bigint): void
  backendFd(loop: bigint): number
  backendTimeout(loop: bigint): number
  updateTime(loop: bigint): void
  metricsInfo(loop: bigint, metrics: bigint): number
  /** The loop of this thread. */
  readonly loop: bigint
  /** Octets of a `uv_poll_t`. */
  readonly pollHandleOctets: number
  /** The name of the last error (`EAGAIN`), to be asked right after the call that failed. */
  errorName(): string
  /** Where memory lies; whoever gives that to C keeps the memory reachable until C is done with it. */
  addressOf(memory: ArrayBuffer): bigint
  calloc(count: number, octets: number): bigint
  free(memory: bigint): void
  /** Memory of C's as 32-bit words, to be used no longer than it lives. */
  wordsAt(memory: bigint, octets: number): Uint32Array
  /** Addresses of the functions `uv_handle_set_data` and `free`, to be called by libuv. */
  readonly setDataFunction: bigint
  readonly freeFunction: bigint
}

const SIGNATURES = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
  // Arguments that are all said to be pointers need no check of their range: node:ffi then gives the function itself, which compiled code
  // calls as C would (V8's fast API), in place of one of its own that puts each argument into memory and makes an array of them all. So it
  // is for what is called for messages and to wait; that an integer comes in a register for a pointer is nothing to C, on x86-64 and arm64.
  sendmsg: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  recvmsg: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  recvmmsg: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  sendmmsg: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  poll: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  epoll_ctl: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  epoll_wait: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  // Declared with a variable number of arguments; on x86-64 and arm64 Linux they are passed like any others.
  ioctl: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
  sched_getaffinity: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
  sched_setaffinity: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
  sched_getscheduler: { arguments: ['i32'], return: 'i32' },
  sched_setscheduler: { arguments: ['i32', 'i32', 'pointer'], return: 'i32' },
  epoll_create1: { arguments: ['i32'], return: 'i32' },
  __errno_location: { arguments: [], return: 'pointer' },
  uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
  uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
  uv_poll_stop: { arguments: ['pointer'], return: 'i32' },
  uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
  uv_ref: { arguments: ['pointer'], return: 'void' },
  uv_unref: { arguments: ['pointer'], return: 'void' },
  uv_backend_fd: { arguments: ['pointer'], return: 'i32' },
  uv_backend_timeout: { arguments: ['pointer'], return: 'i32' },
  uv_update_time: { arguments: ['pointer'], return: 'void' },
  uv_metrics_info: { arguments: ['pointer', 'pointer'], return: 'i32' },
  uv_handle_set_data: { arguments: ['pointer', 'pointer'], return: 'void' },
  calloc: { arguments: ['u64', 'u64'], return: 'pointer' },
  free: { arguments: ['pointer'], return: 'void' },
  uv_handle_size: { arguments: ['i32'], return: 'u64' },
} as const

const UV_POLL = 8

let library: CLibrary | null | undefined
let missing = ''

/**
 * The C library by way of node:ffi, on Linux with 64-bit little-endian processors, whose struct layouts glibc and musl
 * share; `null` where that is not what we run on.
 */
export function cLibrary(): CLibrary | null {
  if (library === undefined) library = isSupported() ? load() : null
  return library
}

/** Why `cLibrary` is `null`, in a few words; empty when it is not. */
export function whyNoCLibrary(): string {
  return cLibrary() === null ? missing : ''
}

function isSupported(): boolean {
  missing = `this is ${process.platform} on ${process.arch}, not Linux on x64 or arm64`
  return process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch) && endianness() === 'LE'
}

function load(): CLibrary | null {
  try {
    missing = `Node ${process.version} has no node:ffi`
    const ffi = nodeFfi()
    if (ffi === undefined) return null
    // Without a path, names are looked up in the process itself: it has libc, whichever that is, and exports libuv.
    const { functions } = ffi.dlopen(null, SIGNATURES)
    const errno = functions.__errno_location() // One place for each thread, and this module is loaded once in each.
    return {
      socket: functions.socket,
      bind: functions.bind,
      connect: functions.connect,
      getsockname: functions.getsockname,
      setsockopt: functions.setsockopt,
      getsockopt: functions.getsockopt,
      sendmsg: functions.sendmsg,
      recvmsg: functions.recvmsg,
      recvmmsg: functions.recvmmsg,
      sendmmsg: functions.sendmmsg,
      close: functions.close,
      poll: functions.poll,
      ioctl: functions.ioctl,
      schedGetaffinity: functions.sched_getaffinity,
      schedSetaffinity: functions.sched_setaffinity,
      schedGetscheduler: functions.sched_getscheduler,
      schedSetscheduler: functions.sched_setscheduler,
      epollCreate: functions.epoll_create1,
      epollControl: functions.epoll_ctl,
      epollWait: functions.epoll_wait,
      pollInit: functions.uv_poll_init,
      pollStart: functions.uv_poll_start,
      pollStop: functions.uv_poll_stop,
      uvClose: functions.uv_close,
      uvRef: functions.uv_ref,
      uvUnref: functions.uv_unref,
      backendFd: functions.uv_backend_fd,
      backendTimeout: functions.uv_backend_timeout,
      updateTime: functions.uv_update_time,
      metricsInfo: functions.uv_metrics_info,
      loop: ffi.getCurrentEventLoop(),
      pollHandleOctets: Number(functions.uv_handle_size(UV_POLL)),
      errorName: () => getSystemErrorName(-ffi.getInt32(errno)),
      addressOf: memory => ffi.getRawPointer(memory),
      calloc: (count, octets) => functions.calloc(BigInt(count), BigInt(octets)),
      free: functions.free,
      wordsAt: (memory, octets) => new Uint32Array(ffi.toArrayBuffer(memory, octets, false)),
      setDataFunction: functions.uv_handle_set_data.pointer,
      freeFunction: functions.free.pointer,
    }
  } catch (error) {
    missing = `node:ffi cannot be used: ${error instanceof Error ? error.message : String(error)}`
    return null // Or a Node that is forbidden to use it.
  }
}
