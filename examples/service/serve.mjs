// One service on three runtimes:
//   node --import @spanledger/sdk/register examples/service/serve.mjs
//   deno run -A --preload npm:@spanledger/sdk/register examples/service/serve.mjs
//   bun --preload @spanledger/sdk/register examples/service/serve.mjs
import process from 'node:process'
import { shutdown } from '@spanledger/sdk'
import { createApp } from './app.mjs'
import { openEvents } from '@spanledger/instrument/events'

const port = Number(process.env.PORT ?? 0)
const events = await openEvents()
const app = await createApp({ events })
const server = await listen()
console.log(`listening on http://127.0.0.1:${server.port}`)

process.once('SIGTERM', async () => {
  await server.close()
  await events.close()
  await shutdown()
  process.exit(0)
})

async function listen() {
  const address = { port, hostname: '127.0.0.1' }
  if (globalThis.Deno) {
    const deno = globalThis.Deno.serve({ ...address, onListen() {} }, app.fetch)
    return { port: deno.addr.port, close: () => deno.shutdown() }
  }
  if (globalThis.Bun) {
    const bun = globalThis.Bun.serve({ ...address, fetch: (request) => app.fetch(request) })
    return { port: bun.port, close: () => bun.stop() }
  }
  const { serve } = await import('@hono/node-server')
  return new Promise((resolve) => {
    const node = serve({ ...address, fetch: app.fetch }, (bound) =>
      resolve({ port: bound.port, close: () => new Promise((done) => node.close(done)) }),
    )
  })
}
