/** What dnsperf says at its end. */
export interface DnsperfReport {
  readonly sent: number
  readonly completed: number
  readonly queriesPerSecond: number
  /** Answers by RCODE, as dnsperf spells it (`NOERROR`). */
  readonly rcodes: ReadonlyMap<string, number>
}

/** Reads the statistics from dnsperf's output; throws, with the output, when there are none. */
export function readDnsperfReport(output: string): DnsperfReport {
  const read = (label: RegExp): number => Number(label.exec(output)?.[1])
  const sent = read(/Queries sent:\s+(\d+)/)
  if (!(sent > 0)) throw new Error(`dnsperf sent nothing:\n${output.slice(-2000)}`)
  const codes = /Response codes:\s+(.*)/.exec(output)?.[1] ?? ''
  return {
    sent,
    completed: read(/Queries completed:\s+(\d+)/),
    queriesPerSecond: read(/Queries per second:\s+([\d.]+)/),
    rcodes: new Map([...codes.matchAll(/([A-Z]+) (\d+)/g)].map(([, rcode, count]) => [rcode!, Number(count)])),
  }
}
