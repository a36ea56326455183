// node .ci/ask.mjs PORT NAME ADDRESS: asks 127.0.0.1 for the A record of NAME until it answers ADDRESS, for at most 10 s.
import { Resolver } from 'node:dns/promises'
import { setTimeout } from 'node:timers/promises'

const [port, name, address] = process.argv.slice(2)
const resolver = new Resolver({ timeout: 500, tries: 1 })
resolver.setServers([`127.0.0.1:${port}`])
const deadline = Date.now() + 10_000
let answer = 'no answer'
while (answer !== address && Date.now() < deadline) {
  answer = await resolver.resolve4(name).then(String, error => error.code)
  if (answer !== address) await setTimeout(100)
}
console.log(`${name} is ${answer}`)
process.exitCode = answer === address ? 0 : 1
