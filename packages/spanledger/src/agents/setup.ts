import { claudeCodeSetup } from './claude-code/setup.ts'
import { codexSetup } from './codex/setup.ts'
import { copilotCliSetup } from './copilot-cli/setup.ts'
import { cursorSetup } from './cursor/setup.ts'
import { geminiCliSetup } from './gemini-cli/setup.ts'
import { opencodeSetup } from './opencode/setup.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * What one of an agent's files has to say.
 *
 * jsonc  `set`: a value at a path; `add`: an item of a list at a path, one that holds `mark` being ours
 * toml   tables, behind everything else in the file; `path` of a table that stands there already is the user's
 * own    a file of nobody else: the whole text
 */
export type Setting =
  | {
      format: 'jsonc'
      file: string
      set: { path: string[]; value: Json }[]
      add: { path: string[]; item: Json; mark: string }[]
    }
  | { format: 'toml'; file: string; tables: { path: string[]; keys: Record<string, string> }[] }
  | { format: 'own'; file: string; text: string }

/** Where settings are looked for and what they are to say. */
export interface SettingPlace {
  /** The user's folder. */
  userHome: string
  env: Readonly<Record<string, string | undefined>>
  /** The folder of a project, whose own settings are meant; otherwise the user's. */
  project?: string
  /** OTLP over HTTP: http://127.0.0.1:4318 */
  endpoint: string
  /** The command that a hook runs, and what of it tells that it is ours. */
  hook: (name: string) => string
  hookMark: string
}

/** How one agent is made to tell what it does: the one place that knows, for `run`, `connect` and `doctor`. */
export interface AgentSetup {
  /** As its sessions have it. */
  agent: string
  title: string
  /** As it is called on the command line. */
  program: string
  /** Variables for its telemetry; none where it reads none. */
  env: (endpoint: string) => Record<string, string>
  /** Arguments right behind its name, where variables do not do or its files come before them. */
  args?: (endpoint: string, userEnv: SettingPlace['env']) => string[]
  /** The files that make it tell without either. */
  settings: (place: SettingPlace) => Setting[]
  /** Of `env`, what none of its files can hold. */
  onlyByEnv?: readonly string[]
  /** What a person still has to do once the files are written. */
  afterwards?: string
}

export const AGENT_SETUPS: readonly AgentSetup[] = [
  claudeCodeSetup,
  codexSetup,
  geminiCliSetup,
  copilotCliSetup,
  opencodeSetup,
  cursorSetup,
]
