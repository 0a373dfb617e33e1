import type { Platform } from '@spanledger/sdk/platform'
import type { CommandTrace } from '../cli/index.ts'
import { parseCarrier } from '../work/index.ts'

type Env = Readonly<Record<string, string | undefined>>

/** As everywhere: while the SDK is off, nothing of it is loaded. */
function isOff(env: Env): boolean {
  const says = (name: string, word: string): boolean => env[name]?.toLowerCase() === word
  return says('OTEL_SDK_DISABLED', 'true') || says('SPANLEDGER_ENABLED', 'false')
}

/**
 * Whether a command about tasks is recorded, and in which trace: that which `--carrier`, SPANLEDGER_CARRIER or TRACEPARENT hands on,
 * else one of its own. A command that only asks is recorded where a trace was handed on: alone it belongs to nothing.
 */
export const commandTrace =
  (platform: Platform, env: Env): CommandTrace =>
  async (command, ask) => {
    if (isOff(env)) return ask(command.params)
    const { carrier: given } = command.params
    const told = typeof given === 'string' ? given : (env['SPANLEDGER_CARRIER'] ?? env['TRACEPARENT'] ?? '')
    const carrier = parseCarrier(told)
    // What is wrong with a carrier, the query says.
    const isWrong = typeof given === 'string' && carrier === undefined
    if (isWrong || (!command.writes && carrier === undefined)) return ask(command.params)
    const { inSpan } = await import('./command-span.ts')
    return inSpan(platform, env, carrier, command, ask)
  }
