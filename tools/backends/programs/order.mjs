// A service that does one thing, prints its trace's id and ends: where its telemetry goes is the configuration's.
import { activeSpan, record } from '@spanledger/sdk'

await record('handle order', { 'order.id': 7, 'order.parts': ['tea', 'cup'] }, async (span) => {
  process.stdout.write(`${activeSpan().traceId}\n`)
  span.addEvent('accepted', { retry: 1 })
  await record('charge', async () => {
    throw new Error('card refused')
  }).catch(() => {})
})
