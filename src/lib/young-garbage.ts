import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'minor' }) => void

let collect: Collect | null = null

/**
 * Has V8 collect what was allocated last, which takes some 0.3 ms. For those who use much memory outside of V8's heap for a
 * moment: V8 collects such buffers by itself only when its own young generation is full, and until then counts them as if the
 * heap had grown, for which it collects all of it.
 */
export function collectYoungGarbage(): void {
  collect ??= exposeCollector()
  collect({ type: 'minor' })
}

/** V8 shows its collector only in contexts that are made after it was told to. */
function exposeCollector(): Collect {
  setFlagsFromString('--expose-gc')
  const exposed = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  return exposed
}
