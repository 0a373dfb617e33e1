import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import { type EventStore, openEventStore } from '@spanledger/sdk/store'
import type { Command } from '../decide/decide.ts'
import { type Ran, Work } from '../work.ts'

/** A home and a repository with a folder of tasks, on the real disk; time goes on when a test says so. */
export interface WorkWorld {
  work: Work
  store: EventStore
  home: string
  root: string
  /** Milliseconds to be added to the clock. */
  pass(ms: number): void
  as(agent: string): (command: Command) => Promise<Ran>
  /** The file's text; undefined when it is not there. */
  read(path: string): string | undefined
  write(path: string, text: string | Uint8Array): void
  events(): Promise<RecordedEvent[]>
  /** Another process would have one of its own. */
  another(): Promise<Work>
  remove(): Promise<void>
}

export async function workWorld(): Promise<WorkWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-work-'))
  const root = join(folder, 'repository/.tasks')
  mkdirSync(root, { recursive: true })
  const real = nodePlatform()
  let passedMs = 0
  const clock = {
    ...real.clock,
    nowMs: () => real.clock.nowMs() + passedMs,
    nowUnixNano: () => real.clock.nowUnixNano() + BigInt(passedMs) * 1_000_000n,
  }
  const platform = { ...real, clock }
  const home = await openHome(platform, join(folder, 'home'))
  const closing: (() => Promise<void>)[] = []
  const open = async (): Promise<{ work: Work; store: EventStore }> => {
    const store = await openEventStore(platform, home)
    const work = new Work({
      platform,
      home,
      events: store,
      redact: (text) => text.replaceAll('hunter2', '[redacted]'),
      workingDirectory: dirname(root),
      userHome: join(folder, 'user'),
      asking: { agent: 'nobody' },
    })
    closing.push(async () => {
      await work.close()
      await store.close()
    })
    return { work, store }
  }
  const { work, store } = await open()
  const at = (path: string): string => join(root, path)
  return {
    work,
    store,
    home: home.dir,
    root,
    pass: (ms) => void (passedMs += ms),
    as: (agent) => (command) => work.run(command, { agent }),
    read(path) {
      try {
        return readFileSync(at(path), 'utf8')
      } catch {
        return undefined
      }
    },
    write(path, text) {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), text)
    },
    async events() {
      const events: RecordedEvent[] = []
      for await (const event of store.readAll()) events.push(event)
      return events
    },
    another: async () => (await open()).work,
    async remove() {
      for (const close of closing) await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
