import { randomInt } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NewEvent } from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import { createRedactor } from '@spanledger/sdk/redact'
import { formatOfAgent } from './formats.ts'
import { importTranscript, type EventSink, type Imported } from './import-transcript.ts'
import type { Kept } from './kept.ts'
import { claudeAnswer, claudeSession, codexSession, geminiSession, textOf } from './testing/lines.ts'

const platform = nodePlatform()
let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'spanledger-transcripts-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Keeps what an event store would: each id once. */
class Events implements EventSink {
  readonly all = new Map<string, NewEvent>()
  absent(ids: readonly string[]): Promise<Set<string>> {
    return Promise.resolve(new Set(ids.filter((id) => !this.all.has(id))))
  }
  appendMany(batches: { events: NewEvent[] }[]): Promise<void> {
    for (const { events } of batches) for (const event of events) this.all.set(event.id!, event)
    return Promise.resolve()
  }
}

/** One transcript that is written piece by piece, and imported in between. */
class Growing {
  readonly events = new Events()
  readonly path: string
  kept: Kept | undefined
  #clock = 1_795_252_400
  readonly #agent: string

  constructor(agent: string) {
    this.#agent = agent
    this.path = join(folder, `${agent}-${Math.random()}.jsonl`)
    writeFileSync(this.path, '')
  }

  write(text: string | Buffer): void {
    appendFileSync(this.path, text)
    this.touch()
  }

  /** The times of files are too coarse to tell two writes apart. */
  touch(): void {
    this.#clock += 1
    utimesSync(this.path, this.#clock, this.#clock)
  }

  async import(): Promise<Imported> {
    const stat = (await platform.files.stat(this.path))!
    return importTranscript(
      {
        format: formatOfAgent(this.#agent)!,
        path: this.path,
        bytes: stat.bytes,
        modifiedMs: stat.modifiedMs,
      },
      {
        platform,
        events: this.events,
        redactor: createRedactor({}),
        kept: this.kept,
        keep: (kept) => ((this.kept = kept), Promise.resolve()),
      },
    )
  }
}

const SESSIONS = { 'claude-code': claudeSession(), codex: codexSession(), 'gemini-cli': geminiSession() }

it.each(Object.entries(SESSIONS))(
  '%s: cut anywhere, it tells what it tells as a whole',
  async (agent, lines) => {
    const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31))
    const text = Buffer.from(textOf(lines))
    const whole = new Growing(agent)
    whole.write(text)
    await whole.import()
    let state = seed
    for (let round = 0; round < 30; round++) {
      const pieces = new Growing(agent)
      for (let done = 0; done < text.length;) {
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31
        const next = Math.min(text.length, done + 1 + (state % 900))
        pieces.write(text.subarray(done, next))
        const { unfinishedBytes, badLines } = await pieces.import()
        expect([badLines, unfinishedBytes], `seed ${seed}`).toEqual([
          0,
          next - 1 - text.lastIndexOf(10, next - 1),
        ])
        done = next
      }
      // What was open when a piece ended was told as it was by then; the last word is the same.
      const lasting = [...whole.events.all.keys()].filter((id) => !pieces.events.all.has(id))
      expect(lasting, `seed ${seed}`).toEqual([])
    }
  },
)

it('adds nothing the second time, and reads nothing', async () => {
  const one = new Growing('claude-code')
  one.write(textOf(claudeSession()))
  expect(await one.import()).toMatchObject({ from: 'whole', lines: 10, added: 7 })
  expect(await one.import()).toMatchObject({ from: 'unchanged', lines: 0 })
  one.touch()
  expect(await one.import()).toMatchObject({ from: 'continued', lines: 0, added: 0 })
  one.kept = undefined
  expect(await one.import()).toMatchObject({ from: 'whole', events: 7, added: 0 })
})

it('reads on from where it ended, and names lines by their place in the file', async () => {
  const one = new Growing('claude-code')
  one.write(textOf(claudeSession()))
  await one.import()
  one.write(`garbage\n${textOf([claudeAnswer(5_000, '9', 45)])}{"torn":`)
  expect(await one.import()).toMatchObject({
    from: 'continued',
    lines: 2,
    added: 1,
    bad: [{ line: 11, message: 'not JSON' }],
    unfinishedBytes: 8,
  })
})

it('notices a file that was rewritten, at the same length too', async () => {
  const one = new Growing('claude-code')
  const text = textOf(claudeSession())
  one.write(text)
  await one.import()
  writeFileSync(one.path, text.replace('"output_tokens":43', '"output_tokens":73'))
  one.touch()
  expect(await one.import()).toMatchObject({ from: 'rewritten', added: 1 })
  writeFileSync(one.path, text.slice(0, 400))
  one.touch()
  expect(await one.import()).toMatchObject({ from: 'rewritten', added: 0 })
})

it('takes secrets out before anything is written', async () => {
  const one = new Growing('claude-code')
  const token = `ghp_${'A1b2C3d4'.repeat(4)}5678`
  one.write(textOf([claudeAnswer(1, '1', 5, { tool: ['toolu_1', `curl -H "Authorization: ${token}" x`] })]))
  one.write(
    textOf([
      {
        ...claudeSession()[5],
        message: {
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: token, is_error: true }],
        },
      },
    ]),
  )
  expect(await one.import()).toMatchObject({ redacted: 2 })
  expect(JSON.stringify([...one.events.all.values()])).not.toContain('A1b2C3d4')
})

it('names what cannot be read, and takes the rest', async () => {
  const one = new Growing('claude-code')
  const garbage = ['\u0000\u0001', '{"a":', '[]', 'null', '{"type":"assistant","message":{"id":"x"'].join(
    '\n',
  )
  one.write(`${garbage}\n\n${textOf(claudeSession())}`)
  expect(await one.import()).toMatchObject({ badLines: 5, added: 7 })
})
