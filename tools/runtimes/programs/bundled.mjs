// As a service that is delivered as one file.
import { log, record, shutdown, start } from '@spanledger/sdk'

await start({ serviceName: 'bundled' })
record('work', () => log.info('hello'))
await shutdown()
