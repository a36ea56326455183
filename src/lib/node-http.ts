import process from 'node:process'

/**
 * The module `node:http`. An `import` of it would read every export at once, and with them load what only clients of the
 * web need (fetch, WebSocket, HTTP/2): 16 MB of memory. Asked for this way, it loads what is used.
 */
export const http: typeof import('node:http') = process.getBuiltinModule('node:http')
