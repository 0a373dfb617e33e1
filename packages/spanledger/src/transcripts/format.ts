import type { Platform } from '@spanledger/sdk/platform'
import type { SessionEventName, Observation } from '../agents/index.ts'
import type { Line } from './json.ts'

/** What a line tells, without what is the same for all lines of a transcript. Times are milliseconds since 1970. */
export interface Telling {
  event: SessionEventName
  /** Of the lines it is from, where that is another than the line it was told at. */
  kind?: string
  /** Of the thing told; the first one is also what the event's id is made of. */
  keys: readonly [string, ...string[]]
  rank: number
  start?: number
  end: number
  data: Partial<Observation>
}

/** A tool call whose result was not seen yet. */
export interface OpenTool {
  name?: string
  command?: string
  at: number
  exitCode?: number
}

/** A model call whose answer may still grow: some agents write a line for every part of it. */
interface OpenCall {
  id: string
  start: number
  end: number
  requestId?: string
  rank: number
  data: Partial<Observation>
}

/**
 * What is known of a transcript up to some line. Plain JSON: it is kept with the offset, so that reading goes on where it ended.
 * Nothing in it grows with the transcript beyond OPEN_TOOLS_MAX.
 */
export interface Reading {
  session?: string
  version?: string
  workingDirectory?: string
  branch?: string
  model?: string
  agentId?: string
  agentName?: string
  parentSession?: string
  /** Of the last line that had a time; until there is one, of the file's last change. */
  lastAt?: number
  /** When the file was changed last. */
  changedAt?: number
  /** When what the next answer answers was written. */
  askedAt?: number
  tools?: Record<string, OpenTool>
  call?: OpenCall
  /** The sum of all calls, where the agent tells sums. */
  total?: number
  /** Tells of calls in records made for it, so that other lines about them are left out. */
  counted?: true
}

/** One kind of line. */
export type LineReader = (line: Line, reading: Reading, tell: (telling: Telling) => void) => void

/** The kinds of lines of one range of an agent's versions. */
export interface TranscriptMapping {
  /** `>=2.0 <3`. */
  versions: string
  kinds: Readonly<Record<string, LineReader>>
  /** Known, and telling nothing: not even parsed where the beginning of the line says what it is. */
  passed: readonly string[]
}

/** How one agent writes down its sessions. */
export interface TranscriptFormat {
  agent: string
  /** Folders of a user in which it keeps them. */
  places(user: User): string[]
  /** Which files below these are transcripts. */
  isTranscript(path: string): boolean
  /** Whether a file elsewhere is one of this agent's, by its first line. */
  knows(first: Line): boolean
  /** What is no file of lines, as lines; undefined for what is. Returns whether nothing was changed under its hands meanwhile. */
  linesOf?(platform: Pick<Platform, 'files'>, path: string): AsyncGenerator<Line, boolean, void> | undefined
  /** What stands in the path alone: whose session a subagent's file belongs to. */
  fromPath?(path: string): Reading
  /** By the first characters of the line, as latin1; undefined when they do not say. */
  kindAtHead(head: string): string | undefined
  kindOf(line: Line): string
  /** The agent's version, where the line tells it. */
  versionOf(line: Line): string | undefined
  /** What is open at the end: it may be all that ever comes. */
  settle?: (reading: Reading, tell: (telling: Telling) => void) => void
  /** Oldest first. */
  mappings: readonly TranscriptMapping[]
}

/** Whose transcripts: the folder of the user and the variables that agents look at. */
export interface User {
  home: string
  env: Readonly<Record<string, string | undefined>>
}

/** Calls beyond it whose results never came are forgotten, the oldest first. */
const OPEN_TOOLS_MAX = 200

/** Remembers a tool call until its result comes. */
export function openTool(reading: Reading, id: string, tool: OpenTool): void {
  const tools = (reading.tools ??= {})
  delete tools[id]
  tools[id] = tool
  const [oldest, ...others] = Object.keys(tools)
  if (oldest !== undefined && others.length >= OPEN_TOOLS_MAX) delete tools[oldest]
}

/** The tool call that a result is of; forgets it. */
export function closeTool(reading: Reading, id: string): OpenTool | undefined {
  const tool = reading.tools?.[id]
  if (tool) delete reading.tools![id]
  return tool
}
