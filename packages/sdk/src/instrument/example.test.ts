import { expect, it } from 'vitest'
import { REGISTER } from '../api/testing/run-program.ts'
import { expectOneTrace } from './testing/example.ts'

it('the example: an agent, its tool, the service it starts, its route, query and job are one trace', () => {
  expectOneTrace(expect, [process.execPath, '--import', REGISTER])
})
