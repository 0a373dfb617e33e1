import type { Refusal } from '../query/index.ts'
import type { SettingsName } from './settings.ts'

/** Where questions go: the queries in this process, or a daemon's. */
export interface Asker {
  /** An answer, or a refusal. Errors: those of the disk, and when the daemon does not answer. */
  run(name: string, params: unknown): Promise<unknown>
  close?(): Promise<void> | void
}

export interface UpOptions {
  home: string
  otlpHttpPort?: number
  otlpGrpcPort?: number
  port?: number
  json: boolean
}

export const ON_SUCCESS = ['done', 'reviewing', 'release', 'keep'] as const
export type OnSuccess = (typeof ON_SUCCESS)[number]

export interface RunOptions {
  home: string
  /** The program and its arguments. */
  command: readonly string[]
  task?: string
  /** What becomes of the task when the command succeeds: `done` unless told. */
  onSuccess?: OnSuccess
  /** A branch, to run in its worktree. */
  worktree?: string
  /** Tries after the first. */
  retries?: number
  /** What ends it when it is found in one of its sessions. */
  stopWhen?: readonly string[]
  /** In a process of its own, which outlives this terminal. */
  detach?: boolean
  /** An id that was given out for it already, and the file that what it prints goes to. */
  run?: string
  log?: string
}

/** How a command that was recorded ended. */
export interface RunResult {
  run: string
  attempts: number
  /** Of the last attempt, as a shell tells it. */
  exitCode: number
  signal: string | null
  durationMs: number
  /** In a line, when it was stopped for what was found. */
  stoppedFor?: string
  /** Nobody is there to be told: its log holds what the command printed. */
  quiet?: true
}

/** A run that goes on by itself. */
export interface RunDetached {
  run: string
  /** Of its command. */
  pid: number
  /** Where what it prints goes. */
  log: string
}

/** A command about tasks, on its way to be asked. */
export interface TracedCommand {
  /** Its words: `work.claim`. */
  name: string
  home: string
  params: Record<string, unknown>
  writes: boolean
  /** Whether it says on whose behalf it is. */
  takesCarrier: boolean
}

/** Its answer. */
export type Traced = Record<string, unknown>

/** Asks it, with these parameters or more, and records that. */
export type CommandTrace = (
  command: TracedCommand,
  ask: (params: Record<string, unknown>) => Promise<Traced>,
) => Promise<Traced>

/** What the command line is given by whoever wires the program. */
export interface CliHost {
  /** Runs the daemon in the foreground until it is told to stop. */
  up(options: UpOptions): Promise<void>
  /** Runs a command with our terminal, and records it. */
  run(options: RunOptions): Promise<RunResult | RunDetached | Refusal>
  /** `ask` runs one command line of this program. */
  demo(ask: (argv: string[]) => Promise<number>): Promise<void>
  /** The daemon that runs for a home, if one does. */
  connect?(home: string): Promise<Asker | undefined>
  /** The commands about settings: an answer, or a refusal. `home` where the command line names one. */
  settings(name: SettingsName, params: unknown, home: string | undefined): Promise<unknown>
  /** The queries over a home, in this process. `create`: makes the home where there is none; otherwise that is an error. */
  open(home: string, options?: { create?: boolean }): Promise<Asker>
  version: string
  env: Readonly<Record<string, string | undefined>>
  homeFolder: string
  nowMs(): number
  /** Enter, as often as it is pressed; ends with the input. Whoever is done says `return`, which lets go of the input. */
  presses?(): AsyncIterableIterator<unknown>
  /** Records commands about tasks; absent where nothing is to be recorded. */
  trace?: CommandTrace | undefined
  /** A question to a person, and whether the answer is yes; undefined where there is nobody to ask. */
  confirm?(question: string): Promise<boolean>
  stdout: Sink
  stderr: Sink
}

/** The part of a writable stream that is needed. */
export interface Sink {
  write(text: string): boolean
  isTTY?: boolean | undefined
  columns?: number | undefined
  once?(event: 'drain', listener: () => void): unknown
  on?(event: 'error', listener: (error: Error & { code?: string }) => void): unknown
}
