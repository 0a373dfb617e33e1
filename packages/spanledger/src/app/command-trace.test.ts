import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { SpanLine } from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import { run, type Ran } from '../cli/testing/run.ts'
import { commandTrace } from './command-trace.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-trace-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const ask = (env: Record<string, string>, ...argv: string[]): Promise<Ran> =>
  run(argv, { home, env, trace: commandTrace(nodePlatform(), env) })

function linesOf<T>(kind: 'spans' | 'events', key: string): T[] {
  const folder = join(home, 'ledger', kind)
  const texts = readdirSync(folder, { withFileTypes: true }).map(({ name }) =>
    readFileSync(join(folder, name), 'utf8'),
  )
  return texts
    .flatMap((text) => text.trim().split('\n'))
    .filter((line) => line.startsWith(`{"${key}":`))
    .map((line) => JSON.parse(line) as T)
}
const spans = (): (SpanLine & { message?: string })[] => linesOf('spans', 'span')
const claim = ['work', 'claim', 'bug', 'Fix it', '--story-points', '3', '--agent', 'ada', '--json']

it('records a command as a span of its own trace, and its events as what that span did', async () => {
  const { out } = await ask({}, ...claim)
  const [span] = spans()
  expect(span).toMatchObject({
    name: 'work.claim',
    attrs: {
      'coordination.agent.name': 'ada',
      'coordination.work.id': (JSON.parse(out) as { task: { id: string } }).task.id,
      'coordination.work.type': 'bug',
      'coordination.work.status': 'in_progress',
      'coordination.work.story_points': 3,
    },
  })
  expect(span!.parent).toBeUndefined()
  for (const { meta } of linesOf<{ meta: object }>('events', 'event'))
    expect(meta).toMatchObject({ traceId: span!.trace, spanId: span!.span })
})

it.each([
  { env: { TRACEPARENT }, more: [] },
  { env: { SPANLEDGER_CARRIER: JSON.stringify({ traceparent: TRACEPARENT, correlationId: 'c' }) }, more: [] },
  { env: {}, more: ['--carrier', TRACEPARENT] },
])('goes on with the trace that is handed on: $env $more', async ({ env, more }) => {
  const { out } = await ask(env as Record<string, string>, ...claim, ...more)
  expect(spans()).toMatchObject([{ trace: TRACE, parent: '00f067aa0ba902b7' }])
  expect(out).toContain(TRACE)
  // One that only asks is recorded there too.
  await ask({ TRACEPARENT }, 'work', 'list')
  expect(spans().map(({ name }) => name)).toContain('work.list')
})

it('records what was refused as an error', async () => {
  const { exit } = await ask({}, 'work', 'progress', 'nothing', '10')
  expect(exit).not.toBe(0)
  expect(spans()).toMatchObject([
    {
      name: 'work.progress',
      status: 'error',
      attrs: { 'error.type': 'UNKNOWN_TASK', 'coordination.work.id': 'nothing' },
    },
  ])
})

it.each([{ OTEL_SDK_DISABLED: 'true' }, { SPANLEDGER_ENABLED: 'false' }])(
  'records nothing with %j',
  async (off) => {
    expect((await ask(off, ...claim)).exit).toBe(0)
    expect(readdirSync(join(home, 'ledger/spans'))).toEqual([])
  },
)

it('records no question that nobody handed a trace to, and leaves a wrong carrier to the query', async () => {
  await ask({}, 'work', 'list')
  expect((await ask({}, ...claim, '--carrier', 'nonsense')).err).toContain('carrier')
  expect(readdirSync(join(home, 'ledger/spans'))).toEqual([])
})
