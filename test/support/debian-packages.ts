import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The programs that it takes. */
export const DEBIAN_PROGRAMS = ['apt-get', 'apt-cache', 'dpkg-deb', 'tar'] as const

const execFileAsync = promisify(execFile)

/** The folders that Debian has merged into /usr. */
const MERGED = ['bin', 'lib', 'lib64', 'sbin']

/** Unpacks Debian packages, and those that they depend on, into an empty tree. None of their scripts is run. */
export async function unpackDebianPackages(tree: string, names: readonly string[]): Promise<void> {
  for (const folder of MERGED) {
    mkdirSync(join(tree, 'usr', folder), { recursive: true })
    symlinkSync(`usr/${folder}`, join(tree, folder))
  }
  const directory = mkdtempSync(join(tmpdir(), 'nodens-packages-'))
  try {
    const options = { cwd: directory, timeout: 120_000 }
    await execFileAsync('apt-get', ['download', '-qq', ...closureOf(names)], options)
    const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"'
    for (const file of readdirSync(directory)) await execFileAsync('sh', ['-c', unpack, 'sh', file, tree], options)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function closureOf(names: readonly string[]): string[] {
  const others = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(kind => `--no-${kind}`)
  const options = ['-o', 'APT::Cache::ShowOnlyFirstOr=1', '--recurse', ...others]
  const printed = execFileSync('apt-cache', ['depends', ...options, ...names], { encoding: 'utf8' })
  // A line that is not indented names a package; one in angle brackets is provided by others.
  return printed.split('\n').filter(line => /^[a-z0-9]/.test(line))
}
