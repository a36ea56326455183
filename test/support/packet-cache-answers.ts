import { createInterface } from 'node:readline'
import { answerRepeatedly } from '#test/support/answer-repeatedly.ts'

// A program whose instructions are counted. For each line of standard input, a number, it answers the same query so many
// times from the packet cache, without a socket, and prints `done`; it ends with its standard input.

const server = await answerRepeatedly('web.default.svc.cluster.local', 'A', true)
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  server.answer(Number(line))
  process.stdout.write('done\n')
}
await server.close()
