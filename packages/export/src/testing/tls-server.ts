import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { grpcOk } from './collector.ts'

const OPENSSL = 'openssl'

export const hasOpenssl = (): boolean => spawnSync(OPENSSL, ['version'], { stdio: 'ignore' }).status === 0

/** Takes everything from clients that show a certificate of its own CA, which `ca`, `key` and `cert` are the files of. */
export async function startTlsServer(
  protocol: 'http/protobuf' | 'grpc',
): Promise<{ url: string; ca: string; key: string; cert: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-tls-'))
  const key = join(folder, 'key.pem')
  const cert = join(folder, 'cert.pem')
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert]
  execFileSync(OPENSSL, ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  const pem = { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(cert) }
  const options = { ...pem, requestCert: true, rejectUnauthorized: true }
  const server =
    protocol === 'grpc'
      ? http2
          .createSecureServer(options)
          .on('stream', (stream) => stream.resume().on('end', () => grpcOk(stream)))
      : https.createServer(options, (request, response) => request.resume().on('end', () => response.end()))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: cert,
    key,
    cert,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
      rmSync(folder, { recursive: true })
    },
  }
}
