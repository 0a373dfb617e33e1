import { join } from 'node:path'
import { readWhole } from '@spanledger/sdk/platform'
import type { Platform, ProcessIdentity } from '@spanledger/sdk/platform'
import type { Outcome, Signal, Transport } from './outcome.ts'
import { targetOf } from './settings.ts'
import { openTransport } from './transport.ts'

/** Where the daemon of a home takes OTLP over HTTP at the moment; undefined when none runs. Source: HOME/run/daemon.json. */
export async function findDaemon(platform: Platform, home: string): Promise<string | undefined> {
  const bytes = await readWhole(platform.files, join(home, 'run', 'daemon.json')).catch(() => undefined)
  if (bytes === undefined) return undefined
  try {
    const daemon = JSON.parse(new TextDecoder().decode(bytes)) as {
      process: ProcessIdentity
      otlpHttpPort: number
    }
    const isAlive = (await platform.processes.liveness(daemon.process)) !== 'dead'
    return isAlive ? `http://127.0.0.1:${daemon.otlpHttpPort}` : undefined
  } catch {
    return undefined
  }
}

/** To the daemon of a home: looked for anew after every failure, since another one may listen elsewhere. */
export function daemonTransport(platform: Platform, signal: Signal, home: string): Transport {
  let transport: Transport | undefined
  const forget = (): void => {
    transport?.close()
    transport = undefined
  }
  return {
    async send(request): Promise<Outcome> {
      if (transport === undefined) {
        const endpoint = await findDaemon(platform, home)
        if (endpoint === undefined) return { kind: 'unavailable', reason: `no daemon runs for ${home}` }
        const target = targetOf(signal, { endpoint }, {}, () => {})
        if (target === undefined)
          return { kind: 'unavailable', reason: `${home}/run/daemon.json names no port` }
        transport = openTransport(platform, target)
      }
      const outcome = await transport.send(request)
      if (outcome.kind === 'unavailable') forget()
      return outcome
    },
    close: forget,
  }
}
