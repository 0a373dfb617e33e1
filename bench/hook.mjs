// What an agent waits for one hook, beside a shell that does nothing: spawned in turn, so that both meet the same load.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { hookCommand, installHooks, spoolOf } from '../packages/spanledger/dist/hooks/index.js'
import { median, tempHome } from './lib.mjs'

const ROUNDS = 300

export async function run() {
  const { home, remove } = tempHome()
  await installHooks({ dir: home })
  const spool = spoolOf({ dir: home })
  const nothing = []
  const small = []
  const large = []
  const command = hookCommand(spool.script, 'claude-code', 'PostToolUse')
  for (let round = 0; round < ROUNDS; round++) {
    nothing.push(spawned(':', payload(3_000)))
    small.push(spawned(command, payload(3_000)))
    large.push(spawned(command, payload(300_000)))
  }
  const kept = readdirSync(spool.waiting).length
  if (kept !== 2 * ROUNDS) throw new Error(`${kept} of ${2 * ROUNDS} hooks were kept`)
  remove()
  return [
    { what: 'a hook, 3 KB', value: told(small), goal: '5 ms' },
    { what: 'a hook, 300 KB', value: told(large), goal: '' },
    { what: 'a shell that does nothing (`sh -c :`)', value: told(nothing), goal: '' },
  ]
}

const payload = (bytes) =>
  JSON.stringify({ session_id: 'one', tool_name: 'Bash', tool_response: 'x'.repeat(bytes) })
const spawned = (command, input) => {
  const start = performance.now()
  const { status } = spawnSync('/bin/sh', ['-c', command], { input, stdio: ['pipe', 'ignore', 'ignore'] })
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
  return performance.now() - start
}
const told = (times) =>
  `${median(times).toFixed(1)} ms (95 % within ${times.toSorted((a, b) => a - b)[Math.floor(0.95 * ROUNDS)].toFixed(1)})`
