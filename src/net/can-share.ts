/** Whether several sockets can share an address here: Node's `reusePort` is in 22.12, 23.1 and all that came later. */
export function canShareAddresses(version: string = process.versions.node): boolean {
  const [major, minor] = version.split('.').map(Number)
  return major! > 23 || (major === 23 && minor! >= 1) || (major === 22 && minor! >= 12)
}
