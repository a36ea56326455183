/** What the thread runs that follows a large cluster: see `FollowerThread`. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#lib/clock.ts'
import { yieldToOthers } from '#lib/yield-to-others.ts'
import { Follower } from '#plugins/kubernetes/api/follower.ts'
import type { FollowerTask, FromFollower, ToFollower } from '#plugins/kubernetes/api/follower-messages.ts'
import { openAccess } from '#plugins/kubernetes/api/open-access.ts'
import { ReportPace } from '#plugins/kubernetes/api/report-pace.ts'

const port = parentPort!
const { plan, state } = workerData as FollowerTask
const send = (message: FromFollower): void => port.postMessage(message)
const pace = new ReportPace()

await yieldToOthers()
const access = await openAccess(plan.access, systemClock)
const follower = new Follower(
  plan,
  access,
  pace,
  {
    warn: message => send({ kind: 'warning', message }),
    requests: {
      waited: (host, ms) => send({ kind: 'waited', host, ms }),
      answered: (host, code, ms) => send({ kind: 'answered', host, code, ms }),
    },
    report(resource, report) {
      pace.sent()
      send({ kind: 'report', resource, report })
    },
    failed: (resource, message) => send({ kind: 'failed', resource, message }),
    recovered: resource => send({ kind: 'recovered', resource }),
  },
  systemClock,
  state,
)
port.on('message', (message: ToFollower) => {
  switch (message.kind) {
    case 'held':
      for (const object of message.objects) follower.reflectors.get(message.resource)?.held.restore(object)
      break
    case 'go':
      follower.run()
      break
    case 'taken':
      pace.taken()
      break
    case 'close':
      void close()
      break
  }
})

async function close(): Promise<void> {
  await follower.close()
  access.close()
  port.close()
}
