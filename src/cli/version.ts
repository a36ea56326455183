import { platform, VERSION } from '#lib/version.ts'

/** The two lines that `-version` prints, in the form of CoreDNS's. */
export function versionText(): string {
  return `Nodens-${VERSION}\n${platform()}, node${process.versions.node}\n`
}
