import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { Class, Flag, typeNumber } from '#wire/constants.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import type { EdnsOption } from '#wire/edns.ts'
import { encodeMessage } from '#wire/encode.ts'
import type { Message } from '#wire/message.ts'
import { name as parse } from '#wire/name.ts'

/** How a test asks; what is left out is as dig would do it. */
export interface Ask {
  readonly tcp?: boolean
  readonly class?: number
  /** `false` for no OPT record. */
  readonly edns?: boolean
  readonly bufsize?: number
  readonly dnssecOk?: boolean
  readonly flags?: number
  readonly opcode?: number
  readonly options?: readonly EdnsOption[]
  readonly ednsVersion?: number
  readonly timeoutMs?: number
  readonly address?: string
}

/** A query as octets. */
export function queryOctets(name: string, type: string, ask: Ask = {}, id: number = randomInt(0x10000)): Uint8Array {
  const edns = {
    version: ask.ednsVersion ?? 0,
    udpSizeOctets: ask.bufsize ?? 1232,
    dnssecOk: ask.dnssecOk ?? false,
    options: ask.options ?? [],
  }
  return encodeMessage({
    id,
    flags: ask.flags ?? Flag.RD,
    opcode: ask.opcode ?? 0,
    rcode: 0,
    questions: [{ name: parse(name), type: typeNumber(type)!, class: ask.class ?? Class.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: ask.edns === false ? null : edns,
  })
}

/** Asks a server on loopback and decodes its reply. Rejects after `timeoutMs` (2 s) without one. */
export async function ask(port: number, name: string, type: string, options: Ask = {}): Promise<Message> {
  return decode(await exchange(port, queryOctets(name, type, options), options))
}

/** Sends octets and gives the first reply's octets back. Rejects after `timeoutMs` (2 s) without one. */
export function exchange(port: number, octets: Uint8Array, options: Ask = {}): Promise<Uint8Array> {
  return options.tcp === true ? exchangeTcp(port, octets, options) : exchangeUdp(port, octets, options)
}

/** The message in `octets`; throws if it is none. */
export function decode(octets: Uint8Array): Message {
  const message = decodeMessage(octets)
  if (isWireFailure(message)) throw new Error(`reply cannot be decoded: failure ${message}`)
  return message
}

function exchangeUdp(port: number, octets: Uint8Array, options: Ask): Promise<Uint8Array> {
  const address = options.address ?? '127.0.0.1'
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.close()
      settle()
    }
    const timer = setTimeout(() => end(() => reject(new Error('no reply'))), options.timeoutMs ?? 2000)
    socket.on('error', error => end(() => reject(error)))
    socket.on('message', reply => end(() => resolve(reply)))
    socket.send(octets, port, address)
  })
}

function exchangeTcp(port: number, octets: Uint8Array, options: Ask): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, options.address ?? '127.0.0.1')
    let received: Buffer = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.destroy()
      settle()
    }
    const timer = setTimeout(() => end(() => reject(new Error('no reply'))), options.timeoutMs ?? 2000)
    socket.on('error', error => end(() => reject(error)))
    socket.on('close', () => end(() => reject(new Error('closed without a reply'))))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        end(() => resolve(received.subarray(2, 2 + received.readUInt16BE(0))))
      }
    })
    const framed = Buffer.alloc(2 + octets.length)
    framed.writeUInt16BE(octets.length)
    framed.set(octets, 2)
    socket.write(framed)
  })
}
