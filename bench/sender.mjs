// Sends prebuilt OTLP requests as fast as they are acknowledged, for a number of seconds, in a process of its own.
//   node bench/sender.mjs '{"port":N,"protocol":"http/protobuf"|"http/json"|"grpc","seconds":5,"connections":4}'
// Prints {"spans":N,"seconds":S}.
import http from 'node:http'
import http2 from 'node:http2'
import { createWorkload } from './dist/otlp/testing/workload.js'

const { port, protocol, seconds, connections } = JSON.parse(process.argv[2])
const SPANS_PER_REQUEST = 512
const REQUESTS = 32
const next = createWorkload('traces', { records: SPANS_PER_REQUEST })
const bodies = Array.from({ length: REQUESTS }, () => next()[protocol === 'http/json' ? 'json' : 'protobuf'])

function overHttp() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf'
  return (body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': contentType, 'content-length': body.length }
      const request = http.request(
        { host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', agent, headers },
        (response) => {
          response.resume()
          response.on('end', () =>
            response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
}

function overGrpc() {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  return (body) =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      stream.on('trailers', (trailers) =>
        trailers['grpc-status'] === '0'
          ? resolve()
          : reject(new Error(`grpc-status ${trailers['grpc-status']}`)),
      )
      stream.on('error', reject)
      stream.resume()
      const prefix = Buffer.alloc(5)
      prefix.writeUInt32BE(body.length, 1)
      stream.write(prefix)
      stream.end(body)
    })
}

const send = protocol === 'grpc' ? overGrpc() : overHttp()
for (const body of bodies.slice(0, 8)) await send(body) // warm-up: the receiver compiles its hot code
const started = performance.now()
const end = started + seconds * 1000
let turn = 0
let sent = 0
async function work() {
  while (performance.now() < end) {
    await send(bodies[turn++ % REQUESTS])
    sent++
  }
}
await Promise.all(Array.from({ length: connections }, work))
console.log(
  JSON.stringify({ spans: sent * SPANS_PER_REQUEST, seconds: (performance.now() - started) / 1000 }),
)
process.exit(0)
