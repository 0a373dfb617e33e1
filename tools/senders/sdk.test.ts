import { describe, expect, test } from 'vitest'
import { REGISTER, expectWhole, runProgram } from '../../packages/sdk/src/api/testing/run-program.ts'
import { commandOf } from './sender.ts'

/** How each runtime loads the SDK before a program that is not changed. */
const RUNTIMES = {
  bun: ['--preload', REGISTER],
  deno: ['run', '--allow-all', '--preload', REGISTER],
} as const

describe.each(['bun', 'deno'] as const)('the SDK on %s', (runtime) => {
  test.for(['end', 'exit', 'throw', 'term'])(
    'keeps everything when the program ends by %s',
    (how, { skip }) => {
      const [program] = commandOf(runtime, skip)
      const ran = runProgram([program!, ...RUNTIMES[runtime]], how)
      expectWhole(expect, ran)
      expect(ran.status === 0).toBe(how === 'end')
    },
  )
})
