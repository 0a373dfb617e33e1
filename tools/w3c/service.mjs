import { createServer } from 'node:http'
import { start } from '@spanledger/sdk'
import { instrumentFetch } from '@spanledger/instrument/fetch'
import { instrumentListener } from '@spanledger/instrument/http'

/**
 * The test service of W3C's trace-context harness: for each element of the posted list it posts `arguments` to `url`. Prints its
 * own URL. Instrumented as anybody's service would be.
 */
await start({ processors: () => [], openTelemetry: false })
const fetch = instrumentFetch()

const listener = async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  for (const { url, arguments: args } of JSON.parse(body))
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
    })
  response.setHeader('content-type', 'application/json').end('null')
}

const server = createServer(instrumentListener(listener)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}/test\n`)
})
