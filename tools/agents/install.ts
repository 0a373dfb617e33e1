import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What is installed: package, and its command. */
export const PACKAGES = {
  'claude-code': ['@anthropic-ai/claude-code', 'claude'],
  codex: ['@openai/codex', 'codex'],
  'gemini-cli': ['@google/gemini-cli', 'gemini'],
  'copilot-cli': ['@github/copilot', 'copilot'],
  opencode: ['opencode-ai', 'opencode'],
} as const satisfies Record<string, readonly [string, string]>

export type AgentName = keyof typeof PACKAGES
export const AGENT_NAMES = Object.keys(PACKAGES) as AgentName[]

/** These fetch their program in an install script. */
const WITH_SCRIPTS = { '@anthropic-ai/claude-code': true, 'opencode-ai': true }

/**
 * The folder of the agents' commands. SPANLEDGER_AGENTS_BIN names one that is there; otherwise the agents are installed
 * outside of the project, once, into $XDG_CACHE_HOME/spanledger-agents (~/.cache by default). Delete that for newer ones.
 */
export function agentsBin(): string {
  const given = process.env['SPANLEDGER_AGENTS_BIN']
  if (given) return given
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'spanledger-agents')
  const bin = join(folder, 'node_modules', '.bin')
  if (Object.values(PACKAGES).every(([, command]) => existsSync(join(bin, command)))) return bin
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts: WITH_SCRIPTS }))
  const names = Object.values(PACKAGES).map(([name]) => name)
  const { status } = spawnSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...names], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`npm install of ${names.join(', ')} into ${folder} failed`)
  return bin
}
