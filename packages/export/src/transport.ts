import type { Platform } from '@spanledger/sdk/platform'
import { grpcTransport } from './grpc-transport.ts'
import { httpTransport } from './http-transport.ts'
import type { Transport } from './outcome.ts'
import { failureOf, readTlsFiles } from './sending.ts'
import type { Target } from './settings.ts'

/** Opens nothing before the first request. TLS files that cannot be read are tried again with each. */
export function openTransport(platform: Platform, target: Target): Transport {
  const open = target.protocol === 'grpc' ? grpcTransport : httpTransport
  let transport: Transport | undefined
  return {
    async send(request) {
      try {
        transport ??= open(platform, target, await readTlsFiles(platform.files, target))
      } catch (error) {
        return failureOf(error)
      }
      return transport.send(request)
    },
    close: () => transport?.close(),
  }
}
