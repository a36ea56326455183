import { createSocket } from 'node:dgram'
import { parentPort } from 'node:worker_threads'

// A server in a thread, for tests, that does what the first letters of a name say:
//   NUMBER.…  answers after so many milliseconds,
//   never.…   does not answer,
//   twice.…   answers at once, with another ID before and with the right one again.
// It tells its port when it listens.

const HEADER_OCTETS = 12

const socket = createSocket('udp4')
socket.on('message', (message, { port, address }) => {
  const label = message.toString('latin1', HEADER_OCTETS + 1, HEADER_OCTETS + 1 + message[HEADER_OCTETS]!)
  if (label === 'never') return
  const reply = Buffer.from(message)
  reply[2]! |= 0x80
  const send = (octets: Buffer) => socket.send(octets, port, address)
  if (label === 'twice') {
    const other = Buffer.from(reply)
    other[0]! ^= 0x80
    for (const octets of [other, reply, reply]) send(octets)
  } else if (label === '0') send(reply)
  else setTimeout(send, Number(label), reply)
})
socket.bind(0, '127.0.0.1', () => parentPort!.postMessage(socket.address().port))
