import { networkInterfaces } from 'node:os'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { expandAddresses } from '#plugins/bind/expand.ts'
import type { BindLine } from '#plugins/bind/parse.ts'
import { parseBind } from '#plugins/bind/parse.ts'

/** Says which addresses a server block listens on. */
export const bind: AnyPlugin = definePlugin<readonly BindLine[]>({
  name: 'bind',
  once: false,
  parse: (directive, _block, previous = []) => Object.freeze([...previous, parseBind(directive)]),
  configure(lines, block) {
    const interfaces = networkInterfaces()
    const addresses = lines.flatMap(({ listen, except }) => {
      const excepted = new Set(expandAddresses(except, interfaces))
      return expandAddresses(listen, interfaces).filter(address => !excepted.has(address))
    })
    block.listenAddresses = [...new Set(addresses)]
  },
})
