import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { headerLine, openHome, type Home } from '@spanledger/sdk/ledger'
import type { OriginLine, RecordedEvent } from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import type { Observed } from '../agents/index.ts'
import {
  claudeCode,
  codex,
  copilotCli,
  geminiCli,
  opencode,
  origin,
  span,
  TRACE,
} from '../agents/testing/records.ts'
import { openSessionReadModel, priceTable, type SessionEvents, type SessionReadModel } from './index.ts'

const platform = nodePlatform()
let home: Home
let events: ReturnType<typeof memoryEvents>

beforeEach(async () => {
  home = await openHome(platform, await mkdtemp(join(tmpdir(), 'spanledger-sessions-')))
  events = memoryEvents()
})
afterEach(() => rm(home.dir, { recursive: true, force: true }))

/** The part of an event store that is used here, with its promise: an id is there once. */
function memoryEvents(): SessionEvents & { all: RecordedEvent[]; appends: number } {
  const all: RecordedEvent[] = []
  const store = {
    all,
    appends: 0,
    appendMany(batches: Parameters<SessionEvents['appendMany']>[0]) {
      store.appends++
      for (const { stream, events: batch } of batches)
        for (const event of batch)
          if (!all.some(({ id }) => id === event.id))
            all.push({
              ...structuredClone(event),
              stream,
              version: 1,
              position: all.length + 1,
              time: event.time ?? '0',
            })
      return Promise.resolve()
    },
    async *readBatches({ fromPosition = 1 }: { fromPosition?: number }) {
      if (all.length >= fromPosition) yield await Promise.resolve(all.slice(fromPosition - 1))
    },
    async *readStream(name: string) {
      for (const event of all) if (event.stream === name) yield await Promise.resolve(event)
    },
    absent: (ids: readonly string[]) =>
      Promise.resolve(new Set(ids.filter((id) => !all.some((event) => event.id === id)))),
    position: () => Promise.resolve(all.length),
  }
  return store
}

const definition = (from: OriginLine): string => `${JSON.stringify(from)}\n`
const line = ({ record }: Observed): string => `${JSON.stringify(record)}\n`

/** A writer's segment: lines with their origins before them, as the ledger's format asks. */
class Writer {
  readonly #defined = new Set<string>()
  readonly path: string
  readonly kind: 'spans' | 'logs'
  constructor(kind: 'spans' | 'logs', name = '20261121T025008397Z-3f9c1a2b7d04-000001') {
    this.kind = kind
    this.path = join(home.segments[kind], `${name}.jsonl`)
  }
  async append(records: readonly Observed[]): Promise<void> {
    let text = ''
    if (this.#defined.size === 0)
      text = Buffer.from(
        headerLine({ kind: this.kind, segment: 's', writer: '3f9c1a2b7d04', created: '0' }),
      ).toString()
    for (const record of records) {
      if (!this.#defined.has(record.origin.origin)) text += definition(record.origin)
      this.#defined.add(record.origin.origin)
      text += line(record)
    }
    await appendFile(this.path, text)
  }
}

const writers = () => {
  const [spans, logs] = [new Writer('spans'), new Writer('logs')]
  return async (records: readonly Observed[]): Promise<void> => {
    await spans.append(records.filter(({ kind }) => kind === 'span'))
    await logs.append(records.filter(({ kind }) => kind === 'log'))
  }
}

const open = (at: Home = home): SessionReadModel =>
  openSessionReadModel({ platform, home: at, events, prices: priceTable([]) })

const service = origin('checkout', '1.0', 'http')
const noise = (n: number): Observed[] =>
  Array.from({ length: n }, (_, i) =>
    span(service, `GET /${i}`, `n${i}`, i, 1, { 'http.route': '/', note: 'session.id gen_ai' }),
  )

it('answers from what stands in the ledger, whatever else stands there', async () => {
  const write = writers()
  await write([
    ...noise(50),
    ...claudeCode('a-1'),
    ...noise(50),
    ...codex('b-1'),
    ...noise(50),
    ...geminiCli('c-1'),
  ])
  const model = open()
  await model.refresh()
  expect(
    model
      .list()
      .sessions.map(({ id }) => id)
      .toSorted(),
  ).toEqual(['a-1', 'b-1', 'c-1'])
  expect(await model.show('a-1')).toMatchObject({ found: true, session: { modelCalls: 2, toolCalls: 2 } })
  expect(events.all.every(({ stream }) => /^session-[abc]-1$/.test(stream))).toBe(true)
})

it('goes on where it stopped, in another process too', async () => {
  const write = writers()
  const records = claudeCode('a-1')
  await write([...records.slice(0, 5), ...noise(3)])
  await open().refresh()
  const first = events.all.length
  await write(records.slice(5))
  const model = open()
  await model.refresh()
  expect(events.all.length).toBeGreaterThan(first)
  expect(await model.show('a-1')).toMatchObject({
    found: true,
    session: { modelCalls: 2, tokens: { input: 9100 } },
  })
})

it('comes to the same state without its checkpoint, and appends nothing again', async () => {
  await writers()([...claudeCode('a-1'), ...copilotCli('b-1'), ...noise(10)])
  const model = open()
  await model.refresh()
  const appends = events.appends
  await rm(join(home.index, 'agents.json'))
  const again = open()
  await again.refresh()
  expect(again.list()).toEqual(model.list())
  expect(events.appends).toBe(appends)
})

it.each([
  ['cut', (text: string) => text.slice(0, 30)],
  [
    'further than it was',
    (text: string) => text.replaceAll(/:(\d{3,})/g, (_, at) => `:${Number(at) + 1_000}`),
  ],
])('takes a checkpoint that is %s for none', async (_, damaged) => {
  const write = writers()
  await write(claudeCode('a-1'))
  await open().refresh()
  const path = join(home.index, 'agents.json')
  await writeFile(path, damaged(await readFile(path, 'utf8')))
  await write(codex('b-1'))
  const model = open()
  await model.refresh()
  const kept = events.all.length
  await rm(path)
  await open().refresh()
  expect(events.all.length).toBe(kept)
  expect(model.list().total).toBe(2)
})

it('leaves a torn last line until it is whole', async () => {
  const logs = new Writer('logs')
  const records = codex('b-1').filter(({ kind }) => kind === 'log')
  await logs.append(records.slice(0, -1))
  const text = line(records.at(-1)!)
  await appendFile(logs.path, text.slice(0, 40))
  const model = open()
  await model.refresh()
  const before = events.all.length
  await appendFile(logs.path, text.slice(40))
  await model.refresh()
  expect(events.all.length).toBe(before + 1)
})

it('passes a damaged line by and reads the next', async () => {
  const logs = new Writer('logs')
  const records = codex('b-1').filter(({ kind }) => kind === 'log')
  await logs.append(records.slice(0, 1))
  await appendFile(
    logs.path,
    `{"log":"1","attrs":{"event.name":"codex.user_prompt"${'\0'.repeat(9)}"in":"${records[0]!.origin.origin}"}\n`,
  )
  await logs.append(records.slice(1))
  const model = open()
  await model.refresh()
  expect(await model.show('b-1')).toMatchObject({ found: true, session: { modelCalls: 2 } })
})

it('finds gen_ai spans of a service that is no agent by name, also beyond the checkpoint', async () => {
  const from = origin('my-agent', '0.1', 'my.instrumentation')
  const chat = (n: number): Observed =>
    span(from, 'chat m', `chat${n}`, n * 10, 5, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.conversation.id': 'mine',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 1,
    })
  const spans = new Writer('spans')
  await spans.append([...noise(5), chat(1), ...noise(5)])
  await open().refresh()
  await spans.append([...noise(5), chat(2)])
  const model = open()
  await model.refresh()
  expect(await model.show('mine')).toMatchObject({
    found: true,
    session: { agent: 'my-agent', modelCalls: 2, tokens: { input: 20 } },
  })
})

it('observes lines just written without reading them, and comes by them again without harm', async () => {
  const write = writers()
  await write(noise(3))
  const model = open()
  await model.refresh()
  const records = claudeCode('a-1')
  const definitions = new Map([[records[0]!.origin.origin, Buffer.from(definition(records[0]!.origin))]])
  for (const kind of ['spans', 'logs'] as const) {
    const lines = Buffer.from(
      records
        .filter((record) => `${record.kind}s` === kind)
        .map(line)
        .join(''),
    )
    await model.observe({ kind, lines, definitions })
  }
  await model.refresh()
  expect(await model.show('a-1')).toMatchObject({ found: true, session: { modelCalls: 2 } })
  const appends = events.appends
  await write([...noise(3), ...records])
  await model.refresh()
  expect(events.appends).toBe(appends)
  expect(await model.show('a-1')).toMatchObject({ found: true, session: { modelCalls: 2 } })
})

it('answers on a full disk, and catches up by itself what failed to be appended', async () => {
  const write = writers()
  await write(codex('b-1'))
  const model = open()
  await model.refresh()
  await write(claudeCode('a-1'))
  const append = events.appendMany.bind(events)
  events.appendMany = () => Promise.reject(Object.assign(new Error('no space'), { code: 'STORAGE_FULL' }))
  const [before, kept] = [events.all.length, await readFile(join(home.index, 'agents.json'), 'utf8')]
  for (let i = 0; i < 2; i++) {
    await model.refresh()
    expect(model.list().total).toBe(2)
    expect(await model.show('a-1')).toMatchObject({ found: true, session: { modelCalls: 2 } })
  }
  await model.close()
  expect([events.all.length, await readFile(join(home.index, 'agents.json'), 'utf8')]).toEqual([before, kept])
  const other = open()
  await other.refresh()
  expect(other.list()).toEqual(model.list())
  events.appendMany = append
  await model.refresh()
  expect(await model.show('a-1')).toMatchObject({ found: true, session: { modelCalls: 2 } })
  expect(events.all.length).toBeGreaterThan(10)
})

it('keeps what it derives to itself when the home is read-only', async () => {
  await writers()(claudeCode('a-1'))
  const model = open({ ...home, readOnly: true })
  await model.refresh()
  expect(await model.show('a-1')).toMatchObject({ found: true })
  expect(events.all).toEqual([])
})

it('lists the newest first, filtered, and says how many there are', async () => {
  await writers()([...claudeCode('a-1'), ...codex('b-1'), ...copilotCli('c-1')])
  const model = open()
  await model.refresh()
  expect(model.list({ limit: 2 })).toMatchObject({ total: 3 })
  expect(model.list({ limit: 2 }).sessions).toHaveLength(2)
  expect(model.list({ agent: 'codex' }).sessions.map(({ id }) => id)).toEqual(['b-1'])
  expect(model.list({ sinceMs: Date.parse('2026-11-22') }).total).toBe(0)
})

it('finds a session by a unique beginning, and names those that may have been meant', async () => {
  await writers()([...claudeCode('73633c63-aa'), ...codex('73633c63-bb'), ...copilotCli('f0000000-cc')])
  const model = open()
  await model.refresh()
  expect(await model.show('f0')).toMatchObject({ found: true, session: { id: 'f0000000-cc' } })
  expect(await model.show('7363')).toEqual({
    found: false,
    ambiguous: true,
    near: expect.arrayContaining(['73633c63-aa', '73633c63-bb']) as string[],
  })
  expect(await model.show('73633c99')).toMatchObject({
    found: false,
    ambiguous: false,
    near: ['73633c63-aa', '73633c63-bb', 'f0000000-cc'],
  })
  expect(await model.show('')).toMatchObject({ found: false })
})

const child = (id: string, parent: string): Observed[] =>
  opencode(id).map((observed) => {
    const { record } = structuredClone(observed)
    const body = 'body' in record && Array.isArray(record.body) ? record.body : undefined
    if (body?.[0] === 'created')
      body[1] = String(body[1]).replace('"parentID":undefined', `"parentID":"${parent}"`)
    if ('trace' in record) record.trace = Buffer.from(id.padEnd(16)).toString('hex')
    return { ...observed, record } as Observed
  })

it('shows a session that is a subagent inside of its parent, however deep, and by itself when asked', async () => {
  await writers()([...child('ses_deep', 'ses_sub'), ...opencode('ses_root'), ...child('ses_sub', 'ses_root')])
  const model = open()
  await model.refresh()
  expect(model.list().sessions.map(({ id }) => id)).toEqual(['ses_root'])
  const answer = await model.show('ses_root')
  expect(answer).toMatchObject({
    found: true,
    session: { modelCalls: 6, toolCalls: 6, prompts: 1, subagents: 2 },
  })
  const [root] = answer.found ? answer.session.tree : []
  const sub = root!.children.find(({ kind }) => kind === 'agent')
  expect(sub).toMatchObject({ id: 'ses_sub', tokens: { input: 9600 } })
  expect(sub!.children.find(({ kind }) => kind === 'agent')).toMatchObject({
    id: 'ses_deep',
    tokens: { input: 4800 },
  })
  expect(await model.show('ses_sub')).toMatchObject({ found: true, session: { modelCalls: 4, subagents: 1 } })
})

it('gives spans without a conversation id to the conversation that their trace names, whichever comes first', async () => {
  const from = origin('my-agent', '0.1', 'my.instrumentation')
  const chat = span(
    from,
    'chat m',
    'chat',
    10,
    5,
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 1,
    },
    { parentWord: 'root' },
  )
  const root = span(from, 'invoke_agent', 'root', 0, 20, {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.conversation.id': 'mine',
  })
  const spans = new Writer('spans')
  await spans.append([chat])
  const model = open()
  await model.refresh()
  expect(model.list().sessions.map(({ id }) => id)).toEqual([`trace-${TRACE}`])
  await spans.append([root])
  await model.refresh()
  expect(model.list().sessions.map(({ id, modelCalls }) => [id, modelCalls])).toEqual([['mine', 1]])
  expect(await model.show('mine')).toMatchObject({
    found: true,
    session: { status: 'completed', tokens: { input: 10 } },
  })
})
