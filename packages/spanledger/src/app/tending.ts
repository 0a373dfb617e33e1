import { spawn, type ChildProcess } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Home, segmentsToSeal } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { Beside } from './beside.ts'

/** Looking costs a few readings of folders. */
const LOOK_EVERY_MS = 5_000
const RETRY_AFTER_MS = 60_000
/** Not at once: whoever starts a daemon after a month wants to look first. */
const RETAIN_FIRST_MS = 60_000
const RETAIN_EVERY_MS = 3_600_000
/** Receiving and questions come first: sealing takes what they leave. Below-normal priority cost ingest 28 % at full load. */
const PRIORITY = constants.priority.PRIORITY_LOW
const PROGRAM = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))

/**
 * Seals closed segments, makes the columns of sealed ones, and removes what the rules of retention name, beside receiving, one after
 * the other and each in a process of its own (`spanledger seal`, `spanledger retention`): packing takes a core, and only a
 * process can be given a low priority and its memory back. It may be killed at any point.
 *
 * seals    Sealing in the background is not switched off.
 * retains  There are rules of retention.
 * Returns  the way to stop, which waits for the process to end
 */
export function tendInBackground(
  platform: Platform,
  home: Home,
  options: { seals: boolean; retains: boolean; warn: (message: string) => void },
): Beside {
  const { seals, retains, warn } = options
  const stopping = new AbortController()
  // What one run left as it is, the next would leave again.
  let left: ReadonlySet<string> = new Set()
  const sealNew = async (): Promise<boolean> => {
    const names = await toDo(platform, home)
    const hasWork = names.some((name) => !left.has(name))
    if (hasWork) await runProgram('seal', home, stopping.signal)
    const after = new Set(hasWork ? await toDo(platform, home) : names)
    left = new Set(names.filter((name) => after.has(name)))
    return hasWork
  }
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      warn(`could not ${what}: ${(error as Error).message}`)
      return undefined
    }
  }
  const running = (async () => {
    let waitMs = LOOK_EVERY_MS
    let retainAtMs = platform.clock.monotonicMs() + RETAIN_FIRST_MS
    for (;;) {
      await platform.clock.sleep(waitMs, stopping.signal)
      if (stopping.signal.aborted) return
      const sealed = seals ? await attempt('seal', sealNew) : false
      // Under load the next segment is closed by then.
      waitMs = sealed === undefined ? RETRY_AFTER_MS : sealed ? 0 : LOOK_EVERY_MS
      if (!retains || platform.clock.monotonicMs() < retainAtMs) continue
      await attempt('apply retention', () => runProgram('retention', home, stopping.signal))
      retainAtMs = platform.clock.monotonicMs() + RETAIN_EVERY_MS
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** Segments to seal, and sealed ones to make columns of. */
async function toDo(platform: Platform, home: Home): Promise<string[]> {
  const { segmentsWithoutColumns } = await import('../query/index.ts')
  return [...(await segmentsToSeal(platform, home)), ...(await segmentsWithoutColumns(platform, home))]
}

/**
 * One command of this program, in a process of its own that takes what others leave.
 *
 * passes  An exit code that is no failure either.
 * Errors  what the program said when it could not do it
 */
export async function runProgram(
  command: string,
  home: Home,
  stopped: AbortSignal,
  passes = 0,
): Promise<void> {
  if (stopped.aborted) return
  const child = spawn(process.execPath, [PROGRAM, ...command.split(' '), '--json', '--home', home.dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  lower(child)
  const stop = (): void => void child.kill('SIGKILL')
  stopped.addEventListener('abort', stop)
  let told = ''
  child.stderr.on('data', (chunk) => (told = `${told}${chunk}`.slice(0, 1_000)))
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (code !== 0 && code !== passes && !stopped.aborted)
      throw new Error(messageIn(told) ?? `the process ended with ${code}`)
  } finally {
    stopped.removeEventListener('abort', stop)
  }
}

function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, PRIORITY)
  } catch {
    // It has ended already.
  }
}

/** Of an error that was told with --json. */
function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message
  } catch {
    return text.trim() === '' ? undefined : text.trim()
  }
}
