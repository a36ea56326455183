import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { localText } from '#net/upstream/exchange-error.ts'
import type { UdpSocket, UdpSocketOwner } from '#net/upstream/udp-socket.ts'
import { copyOctets } from '#wire/octets.ts'

/** A UDP socket of node:dgram's, for every platform. */
export class DgramSocket implements UdpSocket {
  readonly #socket: Socket
  readonly #address: UpstreamAddress
  readonly #sourceAddress: string | null
  readonly #owner: UdpSocketOwner
  #isConnecting = false
  #isConnected = false
  #isClosed = false

  constructor(address: UpstreamAddress, sourceAddress: string | null, owner: UdpSocketOwner) {
    this.#address = address
    this.#sourceAddress = sourceAddress
    this.#owner = owner
    this.#socket = createSocket({ type: address.family === 4 ? 'udp4' : 'udp6', lookup: noLookup })
    this.#socket.on('message', octets => owner.received(octets))
    this.#socket.on('error', error => owner.failed(this.#isConnected ? 'read' : 'dial', error))
  }

  get local(): string {
    if (!this.#isConnected) return ''
    const { address, port } = this.#socket.address()
    return localText(address, port)
  }

  send(message: Uint8Array): void {
    const kept = copyOctets(message, 0, message.length)
    if (this.#isConnected) this.#sendConnected(kept)
    else if (!this.#isConnecting) this.#bind(kept)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
  }

  #bind(message: Uint8Array): void {
    this.#isConnecting = true
    if (this.#sourceAddress === null) this.#connect(message)
    else this.#socket.bind({ port: 0, address: this.#sourceAddress, exclusive: true }, () => this.#connect(message))
  }

  #connect(message: Uint8Array): void {
    if (this.#isClosed) return
    this.#socket.connect(this.#address.port, this.#address.host, (error?: Error) => {
      if (error) this.#owner.failed('dial', error)
      else this.#sendConnected(message)
    })
  }

  #sendConnected(message: Uint8Array): void {
    if (this.#isClosed) return
    this.#isConnected = true
    this.#socket.send(message, error => {
      if (error !== null) this.#owner.failed('write', error)
    })
  }
}

/** Answers the lookups that node:dgram makes even for IP addresses, without a turn of the event loop. */
function noLookup(
  host: string,
  options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, host, options === 6 ? 6 : 4)
}
