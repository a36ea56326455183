import type { BenchService } from '#test/bench/peers/cluster.ts'
import {
  EXTERNAL_ADDRESSES,
  EXTERNAL_ZONE,
  PORT,
  portName,
  reverseName,
  serviceName,
} from '#test/bench/peers/cluster.ts'
import { ask } from '#test/support/client.ts'
import { rcodeName } from '#wire/constants.ts'
import { formatRdata } from '#wire/rdata/text.ts'

/** What a question must be answered with: data of the records, as text, or the RCODE of a name that does not exist. */
export type ExpectedAnswers = (name: string, type: string) => readonly string[] | 'NXDOMAIN'

/** How many questions of a set are compared. */
const SAMPLES = 150

/** The right answers for a cluster and the names outside of it. */
export function expectedAnswers(services: readonly BenchService[]): ExpectedAnswers {
  const data = new Map<string, readonly [type: string, data: string]>()
  for (const service of services) {
    data.set(serviceName(service), ['A', service.address])
    data.set(portName(service), ['SRV', `0 100 ${PORT} ${serviceName(service)}.`])
    data.set(reverseName(service), ['PTR', `${serviceName(service)}.`])
  }
  return (name, type) => {
    if (name.endsWith(`.${EXTERNAL_ZONE}`)) return type === 'A' || type === 'AAAA' ? [EXTERNAL_ADDRESSES[type]] : []
    const found = data.get(name)
    if (found === undefined) return 'NXDOMAIN'
    return found[0] === type ? [found[1]] : []
  }
}

/** Asks some of the questions one by one; resolves with the first wrong answer in words, `''` when all are right. */
export async function wrongAnswer(port: number, lines: readonly string[], expected: ExpectedAnswers): Promise<string> {
  const step = Math.max(1, Math.floor(lines.length / SAMPLES))
  for (let at = 0; at < lines.length; at += step) {
    const [name, type] = lines[at]!.split(' ') as [string, string]
    const { rcode, answer } = await ask(port, name, type)
    const texts = answer.map(record => formatRdata(record.type, record.rdata))
    const got = rcode === 0 ? texts : rcodeName(rcode)
    const wanted = expected(name, type)
    if (String(got) !== String(wanted)) return `${name} ${type} is ${told(got)} instead of ${told(wanted)}`
  }
  return ''
}

function told(answer: readonly string[] | string): string {
  return answer.length === 0 ? 'without records' : String(answer)
}
