import type { Logger } from '#plugin/log.ts'
import type { TransferableZones } from '#plugin/zone-transfer.ts'
import { notify } from '#plugins/transfer/notify.ts'
import type { TransferRule } from '#plugins/transfer/options.ts'
import { ruleFor } from '#plugins/transfer/rule-for.ts'
import type { FoldedName } from '#wire/name.ts'

/** A cluster changes all the time: those who have its zones are told at most this often. */
const PAUSE_MS = 5000

/** Tells the servers of all rules when a zone has another serial than they were last told of. */
export class Notifier {
  readonly #rules: readonly TransferRule[]
  readonly #log: Logger
  readonly #pauseMs: number
  readonly #end = new AbortController()
  readonly #told = new Map<FoldedName, number>()
  #zones: readonly TransferableZones[] = []
  #timer: NodeJS.Timeout | undefined
  #isTelling = false

  constructor(rules: readonly TransferRule[], log: Logger, pauseMs: number = PAUSE_MS) {
    this.#rules = rules
    this.#log = log
    this.#pauseMs = pauseMs
  }

  /** Tells of all zones that are known now, and from now on of changes. */
  start(zones: readonly TransferableZones[]): void {
    this.#zones = zones
    if (!this.#rules.some(({ to }) => to.length > 0)) return
    for (const each of zones) each.onChange(() => this.#changed())
    void this.#tell()
  }

  /** Gives up what is under way. */
  close(): void {
    this.#end.abort()
    clearTimeout(this.#timer)
  }

  #changed(): void {
    if (this.#end.signal.aborted) return
    this.#timer ??= setTimeout(() => void this.#tell(), this.#pauseMs).unref()
  }

  async #tell(): Promise<void> {
    if (this.#isTelling) return
    this.#isTelling = true
    const { signal } = this.#end
    const outcomes = await Promise.all(this.#news().map(({ zone, rule, to }) => notify(zone, to, rule.source, signal)))
    this.#isTelling = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const problem of outcomes) if (problem !== null) this.#log.error(`Failed sending notifies: ${problem}`)
    // Something may have changed while servers took their time to answer.
    if (this.#zones.some(each => each.zones.some(zone => this.#isNews(each, zone)))) this.#changed()
  }

  #news(): { zone: FoldedName; rule: TransferRule; to: TransferRule['to'][number] }[] {
    return this.#zones.flatMap(each =>
      each.zones.flatMap(zone => {
        const rule = ruleFor(this.#rules, zone)
        if (rule === null || !this.#isNews(each, zone)) return []
        this.#told.set(zone, each.serial(zone)!)
        return rule.to.map(to => ({ zone, rule, to }))
      }),
    )
  }

  #isNews(zones: TransferableZones, zone: FoldedName): boolean {
    const serial = zones.serial(zone)
    return serial !== null && serial !== this.#told.get(zone)
  }
}
