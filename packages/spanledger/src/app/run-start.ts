import { join, resolve } from 'node:path'
import type { RunOptions } from '../cli/index.ts'
import { runWords } from '../run/index.ts'

/**
 * Starts a run ahead of the command line, where its words can mean nothing else. The command line is asked all the same,
 * and tells how it went.
 */
export function startRun<T>(
  argv: readonly string[],
  { env, homeFolder }: { env: Readonly<Record<string, string | undefined>>; homeFolder: string },
  run: (options: RunOptions) => Promise<T>,
): Promise<T> | undefined {
  const words = runWords(argv)
  if (words === undefined) return undefined
  const { home: named, ...options } = words
  const home = named ?? env['SPANLEDGER_HOME']
  if (!home && homeFolder === '') return undefined
  return run({ ...options, home: home ? resolve(home) : join(resolve(homeFolder), '.spanledger') })
}
