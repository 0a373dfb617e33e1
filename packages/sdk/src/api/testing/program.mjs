// An instrumented program, for Node, Deno and Bun: `program.mjs how`, where `how` it ends is end, exit, throw or term.
const { childEnvironment, counter, histogram, inject, log, observe, record, runWithCarrier } = await import(
  process.env.SPANLEDGER_SDK
)

const orders = counter('orders', { unit: '{order}' })
const took = histogram('took', { unit: 's' })
observe('gauge', 'heat', (result) => result.observe(36.6))

await record('handle order', { 'order.id': 7 }, async () => {
  orders.add(1, { kind: 'tea' })
  took.record(0.07)
  await new Promise((resolve) => setTimeout(resolve, 5))
  log.info('order accepted')
  try {
    record('pay', () => {
      throw new TypeError('no money')
    })
  } catch {
    log.error('not paid')
  }
  runWithCarrier(inject({}), () => record('remote', () => {}))
  process.stdout.write(`${childEnvironment({}).TRACEPARENT ?? 'off'}\n`)
})
const how = process.argv[2]
if (how === 'exit') process.exit(3)
if (how === 'throw') throw new Error('nobody catches this')
if (how === 'term') {
  setTimeout(() => {}, 60_000)
  process.kill(process.pid, 'SIGTERM')
}
