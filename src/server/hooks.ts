/** When a hook of a plugin runs; see docs/architecture.md, "Life of a configuration". */
export type Phase = 'startup' | 'serving' | 'finalShutdown' | 'shutdown'

type Hook = () => void | Promise<void>

/** The hooks of one configuration, run in the order of the chain and, for one plugin, in the order of the blocks. */
export class HookList {
  readonly #hooks: { readonly phase: Phase; readonly order: number; readonly plugin: string; readonly run: Hook }[] = []

  add(phase: Phase, order: number, plugin: string, run: Hook): void {
    this.#hooks.push({ phase, order, plugin, run })
  }

  /** Runs the hooks of a phase one after another. The first failure stops it, naming the plugin. */
  async run(phase: Phase): Promise<void> {
    for (const { plugin, run } of this.#inOrder(phase)) {
      try {
        await run()
      } catch (error) {
        throw new Error(`plugin/${plugin}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
  }

  /** Runs all hooks of a phase whatever some of them throw; what they threw is returned. */
  async runAll(phase: Phase): Promise<Error[]> {
    const errors: Error[] = []
    for (const { plugin, run } of this.#inOrder(phase)) {
      try {
        await run()
      } catch (error) {
        errors.push(new Error(`plugin/${plugin}: ${error instanceof Error ? error.message : String(error)}`))
      }
    }
    return errors
  }

  #inOrder(phase: Phase) {
    return this.#hooks.filter(hook => hook.phase === phase).sort((a, b) => a.order - b.order)
  }
}
