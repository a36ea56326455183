/** Waits until `holds` is true, looking at each turn of the event loop; the test runner's time limit is the only one. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 1))
}
