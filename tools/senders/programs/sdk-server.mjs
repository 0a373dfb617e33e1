// Serves one request by the own server of Bun or Deno, asks for it, and ends.
import process from 'node:process'

const sdk = new URL(process.env.SPANLEDGER_SDK, 'file:')
const { record, shutdown, start } = await import(sdk.href)
const { instrumentBun, instrumentFetchHandler, setHttpRoute } = await import('@spanledger/instrument/http')
const { instrumentFetch } = await import('@spanledger/instrument/fetch')
await start()

const answer = () => record('query', () => new Response('tea'))
const server = globalThis.Bun
  ? globalThis.Bun.serve(instrumentBun({ port: 0, routes: { '/tea/:kind': answer } }))
  : globalThis.Deno.serve(
      { port: 0, onListen() {} },
      instrumentFetchHandler(() => {
        setHttpRoute('/tea/:kind')
        return answer()
      }),
    )
const port = server.port ?? server.addr.port
await (await instrumentFetch()(`http://localhost:${port}/tea/green`)).text()
await (globalThis.Bun ? server.stop() : server.shutdown())
await shutdown()
