// Run by Deno: deno run -A --unstable-kv --preload <register.js> deno-kv.mjs. Prints what Deno KV answered.
import process from 'node:process'
import { instrumentKv } from '../../../packages/instrument/dist/kv/index.js'
import { shutdown } from '../../../packages/sdk/dist/api/index.js'

const kv = instrumentKv(await globalThis.Deno.openKv(':memory:'))
const entries = []
await kv.set(['users', 1], { name: 'Ada' })
await kv.set(['users', 2], { name: 'Grace' })
for await (const { value } of kv.list({ prefix: ['users'] })) entries.push(value.name)
const [one, none] = await kv.getMany([
  ['users', 1],
  ['users', 3],
])
const committed = await kv
  .atomic()
  .check(await kv.get(['users', 1]))
  .set(['users', 1], { name: 'Ada L.' })
  .commit()
const stale = await kv.atomic().check(one).delete(['users', 1]).commit()
await kv.delete(['users', 2])
const { value } = await kv.get(['users', 2])
process.stdout.write(
  `${JSON.stringify([entries, one.value.name, none.value, committed.ok, stale.ok, value])}\n`,
)
kv.close()
await shutdown()
