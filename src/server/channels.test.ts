import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SINGLE_THREAD } from '#plugin/threads.ts'
import { ControlThread, ServingThread } from '#server/channels.ts'

/** A control thread with two serving threads, and what a channel with the name `c` receives in each. */
function threads() {
  const received = { control: [] as number[], first: [] as number[], second: [] as number[] }
  const control: ControlThread = new ControlThread(
    (id, data) => [first, second].forEach(thread => void thread.receive(id, data)),
    () => true,
  )
  const first = new ServingThread((id, data) => control.receive(id, data))
  const second = new ServingThread((id, data) => control.receive(id, data))
  const channels = {
    control: control.channel<number>('c', {
      receive: data => void received.control.push(data),
      snapshot: () => received.control.at(-1) ?? null,
    }),
    first: first.channel<number>('c', { receive: data => void received.first.push(data) }),
    second: second.channel<number>('c', { receive: data => void received.second.push(data) }),
  }
  return { control, first, channels, received }
}

test('what control sends is received in all threads, in order', () => {
  const { channels, received } = threads()
  for (const data of [1, 2, 3]) channels.control.send(data)
  assert.deepEqual(received, { control: [1, 2, 3], first: [1, 2, 3], second: [1, 2, 3] })
})

test('what a serving thread sends is received in control alone', () => {
  const { channels, received } = threads()
  channels.second.send(7)
  assert.deepEqual(received, { control: [7], first: [], second: [] })
})

test('snapshots are by channel; one that has nothing to say is left out', () => {
  const { control, channels } = threads()
  assert.deepEqual(control.snapshots(), new Map())
  channels.control.send(5)
  assert.deepEqual(control.snapshots(), new Map([['c', 5]]))
})

test('what comes for a channel that is not there is ignored', () => {
  const { first, received } = threads()
  first.receive('other', 1)
  assert.deepEqual(received.first, [])
})

test('in a single thread sending is receiving', () => {
  const received: string[] = []
  const channel = SINGLE_THREAD.channel<string>('c', { receive: data => void received.push(data) })
  channel.send('at once')
  assert.deepEqual(received, ['at once'])
})
