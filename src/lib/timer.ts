/** Longest wait that a timer of the platform takes, in milliseconds (24.8 days); it turns a longer one into 1 ms. */
export const MAX_TIMER_MS = 0x7fff_ffff

/**
 * What is promised, or `otherwise` if it is not there in time; a time without end is waited for without a timer. No timer outlives what
 * is returned.
 */
export function within<T>(timeoutMs: number, promised: Promise<T>, otherwise: T): Promise<T> {
  if (timeoutMs === Number.POSITIVE_INFINITY) return promised
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(Math.max(0, timeoutMs), MAX_TIMER_MS), otherwise)
    promised.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
