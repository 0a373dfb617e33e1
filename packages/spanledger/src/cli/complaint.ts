import { isChangeRefused, type ParamInfo, plain, plainLines, type Refusal } from '../query/index.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { typedAs } from './options.ts'

/** What went wrong, as it is told: one line what and where, one line what to do next. */
export interface Complaint {
  code: string
  message: string
  next: string
  near?: string[]
  place?: string
  exit: ExitCode
}

export const usage = (message: string, next: string): Complaint => ({
  code: 'USAGE',
  message,
  next,
  exit: EXIT.usage,
})

/** A parameter is told as it is typed: `minDuration` is `--min-duration` here. */
export function ofRefusal(
  { refused, parameter, ...refusal }: Refusal,
  params: readonly ParamInfo[],
): Complaint {
  const param = params.find(({ name }) => name === parameter)
  const typed = (text: string): string =>
    param === undefined ? text : text.replace(new RegExp(`\\b${param.name}\\b`), typedAs(param))
  const isAnswer =
    (refused.startsWith('UNKNOWN_') && refused !== 'UNKNOWN_QUERY') ||
    refused === 'SQL_TOO_LONG' ||
    refused === 'ANSWER_TOO_LARGE' ||
    isChangeRefused(refused)
  return {
    code: refused,
    ...refusal,
    message: typed(refusal.message),
    next: typed(refusal.next),
    exit: isAnswer ? EXIT.failed : refused === 'HOME_READ_ONLY' ? EXIT.fault : EXIT.usage,
  }
}

/** An operating fault, told with the code it carries; a bug keeps its stack, as nobody could report it otherwise. */
export function ofError(error: unknown, home: string): Complaint {
  const { code, message, stack } = error as { code?: unknown; message?: string; stack?: string }
  if (typeof code !== 'string')
    return {
      code: 'BUG',
      message: `this is a bug in spanledger: ${stack ?? String(error)}`,
      next: 'please report it',
      exit: EXIT.fault,
    }
  return {
    code,
    message: message ?? code,
    next: NEXT[code.toUpperCase().replaceAll('-', '_')]?.(home) ?? 'see spanledger status',
    exit: EXIT.fault,
  }
}

const NEXT: Record<string, (home: string) => string> = {
  HOME_MISSING: () => 'start recording with spanledger up, or name another home with --home DIR',
  HOME_NEWER: () => 'install the newest spanledger',
  SEGMENT_NEWER: () => 'install the newest spanledger',
  HOME_UNWRITABLE: () => 'give a folder you can write to with --home DIR or SPANLEDGER_HOME',
  HOME_DAMAGED: (home) =>
    `put {"spanledger":1} into ${home}/home.json if this is a home, or give another one with --home DIR`,
  EACCES: () => 'check who owns the home, or give another one with --home DIR',
  EPERM: () => 'check who owns the home, or give another one with --home DIR',
  ENOENT: () => 'check the path',
  ENOTDIR: () => 'give a folder with --home DIR or SPANLEDGER_HOME',
  HOME_UNKNOWN: () => 'give a folder with --home DIR or SPANLEDGER_HOME',
  STORAGE_FULL: () => 'make room on the disk, then try again',
  POLICIES_INVALID: () => 'mend it: docs/reference/tasks.md#policies',
  TASK_FILE: () => 'make the file writable, then: spanledger task sync',
  PRICES_INVALID: () => 'mend it: docs/reference/cost.md',
  REDACTION_CONFIG: (home) => `mend ${home}/config.yaml: docs/reference/redaction.md`,
  ENOSPC: () => 'make room on the disk, then try again',
  LINK_DANGLING: () => 'make that folder, or remove the link: nothing was written',
  EROFS: () => 'the disk is read-only: give another home with --home DIR',
  PORT_IN_USE: () => 'give another port, or 0 for any free one',
  ALREADY_RUNNING: () => 'use the one that runs, or another home with --home DIR',
  CONFIG_TOO_LARGE: () => 'remove what is no configuration from it',
  CONFIG_OF_SOMEBODY_ELSE: () => 'copy it, or let its owner be you',
  COMMAND_NOT_FOUND: () => 'check its name, and what stands in PATH',
  CONFIG: () => 'see docs/reference/configuration.md',
}

export function complaintText({ message, next, near, place }: Complaint): string {
  const shown = message.startsWith('this is a bug') ? plainLines(message) : plain(message)
  const lines = [
    `spanledger: ${shown}`,
    ...(place === undefined
      ? []
      : plainLines(place)
          .split('\n')
          .map((line) => `  ${line}`)),
  ]
  if (near !== undefined) lines.push(`  did you mean: ${near.map(plain).join(', ')}`)
  return [...lines, `  ${plain(next)}`].join('\n') + '\n'
}

export const complaintJson = (complaint: Complaint): string =>
  `${JSON.stringify({ error: { ...complaint, exit: undefined } })}\n`
