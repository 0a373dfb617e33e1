import { createHash } from 'node:crypto'
import type { Json } from '../agents/index.ts'
import type { Patch } from './patch.ts'

/** What was done to one file: HOME/connect/<agent>.json keeps it until it is undone. */
export interface FileRecord {
  file: string
  /** Whether it was there before. */
  existed: boolean
  /** Of the text that was written. */
  sha256: string
  /** From that text to the one before: nothing else of the user's settings is kept. */
  back: Patch[]
  /** For when the file was edited since: what was put in, whose place it took, and what had to be made for it. */
  added: { path: string[]; value: Json }[]
  replaced: { path: string[]; was: Json; value: Json }[]
  lists: { path: string[]; mark: string }[]
  made: string[][]
}

export interface Journal {
  agent: string
  /** The folder of the project; null for the user's own settings. */
  project: string | null
  files: FileRecord[]
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The name of a journal's file. */
export const journalName = (agent: string, project: string | undefined): string =>
  project === undefined ? `${agent}.json` : `${agent}-${sha256(project).slice(0, 12)}.json`
