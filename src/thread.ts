/** What a serving thread runs (plugin multisocket); `src/main.ts` is what the process runs. */
import { plugins } from '#plugins/order.ts'
import { serveInThread } from '#server/serve-in-thread.ts'

serveInThread(plugins)
