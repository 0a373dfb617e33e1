import { steady } from '../agents/index.ts'
import type { Thing } from './things.ts'

/** A tool call, as far as calls can be compared. */
export interface Call {
  position: number
  /** Equal for calls that ask for the same; undefined where the agent does not tell what it asked for. */
  asked?: string
  /** `asked` holds no more than the size of what was asked: it may be equal by chance. */
  bySize: boolean
  /** Equal where the same came of it. */
  result: string
  /** Equal for errors that say the same. Undefined where none was told, or no more than a name of its kind. */
  error?: string
  failed: boolean
  /** It changed files, or committed. */
  changes: boolean
  tool?: string
  command?: string
  errorText?: string
  atNano: string
}

/**
 * Tools that write files, by their names in Claude Code, Codex, Gemini CLI, Copilot CLI and opencode. `TodoWrite`, `update_plan`
 * and `write_stdin` write none.
 */
const WRITES = new Set([
  'edit',
  'multiedit',
  'multi_edit',
  'write',
  'notebookedit',
  'apply_patch',
  'replace',
  'write_file',
  'create',
  'create_file',
  'edit_file',
  'patch',
  'str_replace',
  'str_replace_editor',
  'str_replace_based_edit_tool',
])
/** `ShellError` and `Shell command failed` say that a shell failed, not at what. */
const TELLING_WORDS = 4
const COMMITS = /\bgit\b[^|;&]*\bcommit\b/

export function callOf({ data, position }: Thing): Call {
  const failed = data.outcome === 'failed' || data.outcome === 'rejected'
  const { name, inputHash, inputBytes, outputHash, outputBytes, exitCode, error, command } = data
  const asked = inputHash ?? command ?? (inputBytes === undefined ? undefined : `${inputBytes} bytes`)
  const said = error === undefined ? undefined : steady(error)
  return {
    position,
    ...(asked === undefined ? {} : { asked: `${name} ${asked}` }),
    bySize: inputHash === undefined && command === undefined,
    result: [data.outcome ?? '', exitCode ?? '', said ?? '', outputHash ?? outputBytes ?? ''].join('|'),
    ...(failed && said !== undefined && said.split(' ').length >= TELLING_WORDS ? { error: said } : {}),
    failed,
    changes: !failed && (WRITES.has((name ?? '').toLowerCase()) || COMMITS.test(command ?? '')),
    ...(name === undefined ? {} : { tool: name }),
    ...(command === undefined ? {} : { command }),
    ...(error === undefined ? {} : { errorText: error }),
    atNano: data.endUnixNano ?? data.startUnixNano ?? '0',
  }
}
