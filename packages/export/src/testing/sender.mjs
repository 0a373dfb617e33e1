// A process of its own for tests: sender.mjs hang|spool URL PROTOCOL FOLDER [NAME].
// `hang` exports once and has nothing else to do. `spool` exports without end, and tells the name of each span that is safe.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { otlpExporter } from '@spanledger/export'
import { nodePlatform } from '@spanledger/sdk/platform'

const [mode, endpoint, protocol, folder, name = ''] = process.argv.slice(2)
const exporter = otlpExporter(nodePlatform(), { endpoint, protocol, spool: { folder }, environment: {} })
const scope = { name: '', version: '', schemaUrl: '', attributes: [] }
const span = (spanName) => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  parentSpanId: '',
  traceState: '',
  flags: 1,
  name: spanName,
  kind: 'internal',
  startSeconds: 1,
  startNanos: 0,
  endSeconds: 1,
  endNanos: 5,
  status: 'unset',
  statusMessage: '',
  attributes: [],
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  scope,
})
const exportOne = (spanName) =>
  exporter.export({ kind: 'spans', resource: { attributes: [], schemaUrl: '' }, records: [span(spanName)] })

if (mode === 'hang') void exportOne('a')
else {
  // Something that keeps the process alive, as a host has.
  setInterval(() => {}, 1_000)
  for (let i = 0; ; i++) {
    const { accepted } = await exportOne(`${name}-${i}`)
    if (accepted === 1) writeSync(1, `${name}-${i}\n`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
