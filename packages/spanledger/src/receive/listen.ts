import type { Server as HttpServer } from 'node:http'
import type { Http2Server } from 'node:http2'
import type { AddressInfo, Server as NetServer } from 'node:net'
import { CONNECTIONS_MAX, HTTP_TIMEOUTS_MS } from './limits.ts'

/**
 * Two listeners of one service: IPv4 and, where the machine has it, IPv6 loopback, on the same port. Each within
 * CONNECTIONS_MAX and HTTP_TIMEOUTS_MS.
 */
export interface Listening {
  port: number
  /** Stops listening and ends open connections. */
  close(): Promise<void>
}

class PortInUseError extends Error {
  readonly code = 'PORT_IN_USE'
  readonly port: number
  readonly option: string
  constructor(port: number, service: string, option: string) {
    super(
      `port ${port} for ${service} is in use by another process; stop it, or choose another port with ${option} N (0 for any free one)`,
    )
    this.port = port
    this.option = option
  }
}

type Server = HttpServer | Http2Server

const PORT_TRIES = 20

/**
 * Binds 127.0.0.1 and ::1, never another address. Port 0 takes any port that is free on both.
 *
 * Errors  PortInUseError
 */
export async function listenOnLoopback(
  createServer: () => Server,
  port: number,
  service: string,
  option: string,
): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    const v4 = createServer()
    const bound = await bind(v4, '127.0.0.1', port)
    if (bound === 'in use') throw new PortInUseError(port, service, option)
    if (bound === 'no address') throw new Error('this machine has no 127.0.0.1')
    const v6 = createServer()
    const second = await bind(v6, '::1', bound)
    if (second === 'in use') {
      await closeServer(v4)
      if (port !== 0 || attempt === PORT_TRIES) throw new PortInUseError(bound, service, option)
      continue
    }
    const servers = second === 'no address' ? [v4] : [v4, v6]
    return {
      port: bound,
      async close() {
        await Promise.all(servers.map(closeServer))
      },
    }
  }
}

function bind(server: Server, host: string, port: number): Promise<number | 'in use' | 'no address'> {
  const net = server as NetServer
  net.maxConnections = CONNECTIONS_MAX
  if ('headersTimeout' in server) {
    server.headersTimeout = HTTP_TIMEOUTS_MS.headers
    server.requestTimeout = HTTP_TIMEOUTS_MS.request
    server.keepAliveTimeout = HTTP_TIMEOUTS_MS.idle
  }
  return new Promise((resolve, reject) => {
    net.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('in use')
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve('no address')
      else reject(error)
    })
    net.listen(port, host, () => {
      net.removeAllListeners('error')
      resolve((net.address() as AddressInfo).port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
    else server.emit('shutdown')
  })
}
