// A process of its own for tests: worker.mjs HOME MODE NAME COUNT. Tells each acknowledged line on stdout.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import process from 'node:process'
import { openHome } from '../../../dist/ledger/index.js'
import { nodePlatform, uuidFrom } from '../../../dist/platform/index.js'
import { openEventStore, openSignalStore } from '../../../dist/store/index.js'

const [dir, mode, name, count] = process.argv.slice(2)
const platform = nodePlatform()
const home = await openHome(platform, dir)

/** A pipe that is full for a moment, since the test is slow to read, is not a failure. */
function tell(text) {
  let left = Buffer.from(`${text}\n`)
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left))
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
const digestOf = (text) => createHash('sha256').update(text).digest('hex')
const happened = (i) => ({ event: 'Happened', id: uuidFrom(name, String(i)), data: { name, i } })

if (mode === 'exact') {
  const store = await openEventStore(platform, home)
  for (let i = 0; i < Number(count); i++) {
    for (let done = false; !done;) {
      const expectedVersion = await store.version('shared')
      try {
        const { appended } = await store.append('shared', [happened(i)], { expectedVersion })
        tell(appended[0].version)
        done = true
      } catch (error) {
        if (error.code !== 'EXPECTED_VERSION_CONFLICT') throw error
      }
    }
  }
  await store.close()
} else if (mode === 'events') {
  const store = await openEventStore(platform, home)
  const appendForEver = async (offset) => {
    for (let i = offset; ; i += 3) {
      const events = [happened(`${i}a`), happened(`${i}b`), happened(`${i}c`)]
      await store.append(`stream-${offset}`, events)
      tell(events.map(({ id }) => id).join('\n'))
    }
  }
  await Promise.all([appendForEver(0), appendForEver(1), appendForEver(2)])
} else if (mode === 'sizes') {
  // Records of 10 bytes to 2 MiB, as spans and, up to their limit, as events. Tells the digest of each.
  const signals = openSignalStore(platform, home)
  const events = await openEventStore(platform, home)
  const definitions = new Map([['origin01', Buffer.from('{"origin":"origin01"}\n')]])
  for (let i = 0; i < Number(count); i++) {
    const text = `${name}-${i}-`.padEnd([10, 300, 5_000, 70_000, 1_000_000, 2 * 1024 * 1024][i % 6], 'x')
    const line = `{"span":"${text}","in":"origin01"}`
    const written = signals.append({ kind: 'spans', lines: Buffer.from(`${line}\n`), count: 1, definitions })
    const refused = await events
      .append(`sizes-${i % 3}`, [{ event: 'Sized', id: uuidFrom(name, String(i)), data: text }])
      .then(
        () => undefined,
        (error) => error.code,
      )
    await written
    tell(`span ${digestOf(text)}`)
    tell(refused === undefined ? `event ${digestOf(text)}` : `refused ${refused} ${text.length}`)
  }
  await signals.close()
  await events.close()
} else if (mode === 'eio-events') {
  const store = await openEventStore(platform, home)
  for (let i = 0; i < Number(count); i++) {
    const refused = await store.append('s', [happened(i)]).catch((error) => error)
    tell(refused instanceof Error ? `refused ${refused.code}` : happened(i).id)
  }
  await store.close()
} else if (mode === 'eio-signals') {
  const store = openSignalStore(platform, home)
  for (let i = 0; i < Number(count); i++) {
    const line = `{"span":"${name}-${i}","in":"origin01"}`
    const definitions = new Map([['origin01', Buffer.from('{"origin":"origin01"}\n')]])
    const batch = { kind: 'spans', lines: Buffer.from(`${line}\n`), count: 1, definitions }
    const refused = await store
      .append(batch)
      .then(() => store.flush())
      .catch((error) => error)
    tell(refused instanceof Error ? `refused ${refused.code}` : line)
  }
  await store.close().catch(() => {})
} else {
  const store = openSignalStore(platform, home)
  const definitions = new Map([['origin01', Buffer.from('{"origin":"origin01"}\n')]])
  for (let i = 0; ; i++) {
    const lines = Array.from({ length: 200 }, (_, j) => `{"span":"${name}-${i}-${j}","in":"origin01"}`)
    await store.append({
      kind: 'spans',
      lines: Buffer.from(`${lines.join('\n')}\n`),
      count: lines.length,
      definitions,
    })
    tell(lines.join('\n'))
  }
}
