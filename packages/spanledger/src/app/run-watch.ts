import type { RunOptions } from '../cli/index.ts'
import type { Refusal } from '../query/index.ts'
import type { WatchSettings } from '../watch/index.ts'
import type { Questions } from './questions.ts'
import type { Noticed } from './watching.ts'

/** What a run has its own sessions watched for. */
export interface RunWatch {
  /** Aborts once something is found that the run is to be stopped for. */
  stop: AbortSignal
  /** What it is stopped for. */
  stoppedFor(): Noticed | undefined
  /** Ends watching, and tells in a line each what was found beside that. */
  end(): Promise<string[]>
}

/** Found at a time: more than one a slot and episode is not to be expected of one run. */
const FOUND_MAX = 20

/**
 * Watches the sessions of a run while its command is at work. Nothing is told meanwhile: the terminal is the command's.
 *
 * opened  the questions, once they are there
 */
export function watchRun(
  run: string,
  { command, stopWhen = [] }: Pick<RunOptions, 'command' | 'stopWhen'>,
  opened: () => Promise<{ questions: Pick<Questions, 'watch'>; settings: Partial<WatchSettings> }>,
): RunWatch {
  const [watching, stop] = [new AbortController(), new AbortController()]
  const found: Noticed[] = []
  const problems: string[] = []
  let stoppedFor: Noticed | undefined
  const watched = opened()
    .then(({ questions, settings }) => {
      if (settings.enabled === false && stopWhen.length === 0) return undefined
      return questions.watch({
        settings: { ...settings, ...turnsIn(command) },
        run,
        signal: watching.signal,
        warn: (message) => void problems.push(message),
        onFinding(noticed) {
          if (found.length < FOUND_MAX) found.push(noticed)
          if (stoppedFor || !stopWhen.includes(noticed.slot)) return
          stoppedFor = noticed
          stop.abort()
        },
      })
    })
    // Whoever records tells why it cannot.
    .catch(() => {})
  return {
    stop: stop.signal,
    stoppedFor: () => stoppedFor,
    async end() {
      watching.abort()
      await watched
      return [...problems, ...found.filter((one) => one !== stoppedFor).map(({ what }) => what)]
    },
  }
}

/** What a run is to be stopped for that could never be found; whoever asked for it relies on it. */
export function refuseUnlimited(
  { command, stopWhen = [] }: Pick<RunOptions, 'command' | 'stopWhen'>,
  settings: Partial<WatchSettings>,
): Refusal | undefined {
  const limits = { ...settings, ...turnsIn(command) }
  for (const [what, setting] of [
    ['budget', 'budgetUsd'],
    ['turns', 'turnsMax'],
  ] as const)
    if (stopWhen.includes(what) && limits[setting] === undefined)
      return {
        refused: 'BAD_PARAMETER',
        message: `--stop-when ${what} would stop nothing: watch.${setting} is not set`,
        next: `set it in HOME/config.yaml: watch: { ${setting}: 5 }${what === 'budget' ? '; what "budget set" says does not stop runs' : ''}`,
      }
  return undefined
}

/** What the command itself limits its turns to. */
function turnsIn(command: readonly string[]): Pick<WatchSettings, 'turnsMax'> {
  const at = command.findIndex((word) => word.startsWith('--max-turns'))
  const turnsMax = Number(command[at]?.split('=')[1] ?? command[at + 1])
  return at > 0 && Number.isInteger(turnsMax) && turnsMax > 1 ? { turnsMax } : {}
}
