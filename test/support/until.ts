/** Waits until the condition holds, looking every few milliseconds; rejects after 10 s, far beyond what any test needs. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`still not true after 10 s: ${condition}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
