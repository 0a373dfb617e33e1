import { basename } from 'node:path'
import { AGENT_SETUPS } from '../agents/index.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a command needs to tell what it does: variables that are set for it, and arguments put right behind its name. */
export interface AgentSetup {
  /** The agent's name, as its sessions have it; null for any other command. */
  agent: string | null
  env: Record<string, string>
  args: string[]
}

/**
 * Points a command at an OTLP endpoint and puts `resource` on everything it records. What the user set stays: a variable
 * that is there already is left alone, but for the resource's attributes, to which ours are added.
 */
export function setUpAgent(
  program: string,
  endpoint: string,
  resource: Readonly<Record<string, string>>,
  userEnv: Environment,
): AgentSetup {
  const setup = setupOf(program)
  const wanted: Record<string, string> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...setup?.env(endpoint),
  }
  const env: Record<string, string> = {
    OTEL_RESOURCE_ATTRIBUTES: [userEnv['OTEL_RESOURCE_ATTRIBUTES'], ...Object.entries(resource).map(pair)]
      .filter(Boolean)
      .join(','),
  }
  for (const [key, value] of Object.entries(wanted)) if (!userEnv[key]) env[key] = value
  return { agent: setup?.agent ?? null, env, args: setup?.args?.(endpoint, userEnv) ?? [] }
}

const setupOf = (program: string) => {
  const name = basename(program).replace(/\.(exe|cmd|js|mjs)$/i, '')
  return AGENT_SETUPS.find((one) => one.program === name)
}

/** The name of the coding agent that a program is; undefined for any other one. */
export const agentOf = (program: string): string | undefined => setupOf(program)?.agent

/** As OTEL_RESOURCE_ATTRIBUTES has it: a percent-encoded value behind its key. */
const pair = ([key, value]: [string, string]): string => `${key}=${encodeURIComponent(value)}`
