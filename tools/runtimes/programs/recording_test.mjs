// As somebody tests what records: `deno test` ends each file without an exit.
const { log, record, start } = await import(process.env.SPANLEDGER_SDK)
await start({ serviceName: 'tested' })
Deno.test('records', () => record('work', () => log.info('hello')))
