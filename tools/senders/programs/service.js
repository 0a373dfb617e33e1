// Deno's own exporter: nothing but OTEL_DENO=true. A server answers one request of the program itself, and says so.
const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request) => {
  // oxlint-disable-next-line no-console -- what is printed is what Deno sends as log records
  console.log('asked for', new URL(request.url).pathname)
  // oxlint-disable-next-line no-console
  console.error('out of tea')
  return new Response('no tea', { status: 503 })
})
const answer = await fetch(`http://127.0.0.1:${server.addr.port}/tea?kind=green`)
await answer.text()
await server.shutdown()
