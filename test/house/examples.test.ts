import assert from 'node:assert/strict'
import test from 'node:test'
import { certificates } from '#test/support/api-server/certificates.ts'
import { bootable } from '#test/support/example.ts'
import { codeBlocksOf } from '#test/support/markdown.ts'
import { bootServer } from '#test/support/server.ts'
import { filesMatching } from '#test/support/source.ts'

/** What examples find beside their Corefile: the sample cluster, and files under the names that the examples use. */
const files: Readonly<Record<string, string>> = {
  ...Object.fromEntries(filesMatching('examples/**/*.*', 'examples/hosts').map(({ path, text }) => [path, text])),
  'resolv.conf': 'nameserver 127.0.0.1\n',
  'tls.crt': certificates.server.cert,
  'tls.key': certificates.server.key,
  'ca.crt': certificates.ca,
}

for (const { path, text } of filesMatching('README.md', 'docs/*.md', 'plugins/*/README.md')) {
  for (const example of codeBlocksOf(text).filter(({ language }) => language === 'corefile')) {
    test(`the example boots: ${path}:${example.line}`, async () => {
      const server = await bootServer(await bootable(example.text), { files }).catch((error: Error) => {
        assert.fail(`Make the example at ${path}:${example.line} complete, so that it runs as it is:\n${error.message}`)
      })
      assert.deepEqual(server.fatal, [])
      assert.equal(await server.close(), 0, 'the server does not end cleanly')
    })
  }
}
