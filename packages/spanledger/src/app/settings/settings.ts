import { type SettingsName, SETTINGS } from '../../cli/index.ts'
import { isRefusal, parseParams, type Refusal } from '../../query/index.ts'
import type { ConnectParams } from '../connecting/connect-agent.ts'
import type { Surroundings } from './inspect.ts'
import { checkConfig, showConfig, type ShowParams } from './show.ts'
import { disableTrace, type EnableParams, enableTrace } from './trace-change.ts'
import { traceStatus } from './trace-status.ts'

/** Answers one command about settings, or refuses. Errors: those of the disk. */
export async function runSettings(
  name: SettingsName,
  given: unknown,
  surroundings: Surroundings,
): Promise<unknown> {
  const params = parseParams(SETTINGS[name].params, given) as Params | Refusal
  if (isRefusal(params)) return params
  switch (name) {
    case 'connect':
    case 'disconnect': {
      const { connectAgent, disconnectAgent } = await import('../connecting/connect-agent.ts')
      return name === 'connect' ? connectAgent(surroundings, params) : disconnectAgent(surroundings, params)
    }
    case 'doctor': {
      const { doctor } = await import('../connecting/doctor.ts')
      return doctor(surroundings)
    }
    case 'config.show':
      return showConfig(surroundings, params)
    case 'config.check':
      return checkConfig(surroundings)
    case 'trace.enable':
      return enableTrace(surroundings, params)
    case 'trace.disable':
      return disableTrace(surroundings, params)
    case 'trace.status':
      return traceStatus(surroundings)
    case 'trace.test': {
      const { testTrace } = await import('./trace-test.ts')
      return testTrace(surroundings)
    }
  }
}

/** What the schemas of the commands let through; each takes its own. */
type Params = EnableParams & ShowParams & ConnectParams
