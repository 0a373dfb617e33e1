import type { TranscriptFormat } from './format.ts'
import { claudeCode } from './formats/claude-code.ts'
import { codex } from './formats/codex.ts'
import { geminiCli } from './formats/gemini-cli.ts'
import { opencode } from './formats/opencode.ts'

/** Every agent whose transcripts can be read. */
export const FORMATS: readonly TranscriptFormat[] = [claudeCode, codex, geminiCli, opencode]

export const TRANSCRIPT_AGENTS = FORMATS.map(({ agent }) => agent)

export const formatOfAgent = (agent: string): TranscriptFormat | undefined =>
  FORMATS.find((format) => format.agent === agent)
