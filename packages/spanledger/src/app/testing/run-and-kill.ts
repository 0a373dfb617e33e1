import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../bin/spanledger.js', import.meta.url))

/** Runs one command of the built program; ends by itself, or is killed with -9 after so long. Resolves to its exit code. */
export async function runAndKill(words: readonly string[], killAfterMs = 60_000): Promise<number | null> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: 'ignore' })
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  const code = await gone
  clearTimeout(timer)
  return code
}
