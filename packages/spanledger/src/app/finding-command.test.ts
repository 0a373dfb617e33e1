import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommands } from './finding-command.ts'
import type { Noticed } from './watching.ts'

const NOTICED: Noticed = {
  session: 's1',
  finding: 'f1',
  kind: 'repeated-call',
  slot: 'stuck',
  severity: 'serious',
  measured: 5,
  threshold: 5,
  unit: 'calls',
  positions: [1, 2],
  sinceUnixNano: '1795229408000000000',
  what: 'the same call 5 times with the same result',
  run: null,
  workingDirectory: '/work',
}
const LIMITS = { commandTimeoutMs: 20_000, commandsPerHour: 60 }

let folder: string
let nowMs: number
let warned: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-command-'))
  nowMs = 0
  warned = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const commands = (command: string, limits = LIMITS) =>
  runCommands({ monotonicMs: () => nowMs }, command, limits, (message) => void warned.push(message))
const read = (name: string): string => {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch {
    return ''
  }
}

it('gets the finding as a line of JSON', async () => {
  commands(`cat > ${folder}/got`).run(NOTICED)
  await expect.poll(() => read('got')).toBe(`${JSON.stringify(NOTICED)}\n`)
})

it('says what went wrong with it', async () => {
  commands('echo no such channel >&2; exit 4').run(NOTICED)
  await expect.poll(() => warned).toEqual(['watch.command ended with 4: no such channel'])
})

it('ends what takes too long', async () => {
  commands('exec sleep 60', { ...LIMITS, commandTimeoutMs: 50 }).run(NOTICED)
  await expect.poll(() => warned).toEqual(['watch.command took longer than 50 ms and was ended'])
})

it('runs so often in an hour, says so once, and again in the next', async () => {
  const { run } = commands(`echo x >> ${folder}/ran`, { ...LIMITS, commandsPerHour: 2 })
  for (let i = 0; i < 5; i++) run(NOTICED)
  await expect.poll(() => read('ran')).toBe('x\nx\n')
  expect(warned).toHaveLength(1)
  nowMs += 3_600_001
  run(NOTICED)
  await expect.poll(() => read('ran')).toBe('x\nx\nx\n')
})
