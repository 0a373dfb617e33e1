// An agent whose tool starts the service and asks it for something. One trace holds the agent, its tool call, the service's process,
// its route, its query and its job:
//   node --import @spanledger/sdk/register examples/agent/agent.mjs
//   spanledger trace show <the id it prints>
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { activeSpan, childEnvironment, shutdown } from '@spanledger/sdk'
import { Agent, recordModelCall, recordToolCall, runAgent } from '@spanledger/instrument/agent'
import { instrumentFetch } from '@spanledger/instrument/fetch'
import { openEvents } from '@spanledger/instrument/events'

const SERVICE = fileURLToPath(new URL('../service/serve.mjs', import.meta.url))
/** How the service is started; another runtime's command by SERVICE_COMMAND. */
const COMMAND = process.env.SERVICE_COMMAND?.split(' ') ?? [
  process.execPath,
  '--import',
  import.meta.resolve('@spanledger/sdk/register'),
]

const fetch = instrumentFetch()
const headers = { authorization: 'Bearer letmein' }
const events = await openEvents()
const agent = new Agent({ id: crypto.randomUUID(), type: 'mailer', events })

await runAgent(agent, async () => {
  console.log(`trace ${activeSpan().spanContext().traceId}`)
  const plan = await ask('Welcome user 1.')
  await recordToolCall({ name: 'Bash', arguments: { command: plan } }, async () => {
    const service = await startService()
    try {
      const { job } = await (
        await fetch(`${service.url}/users/1/welcome`, { method: 'POST', headers })
      ).json()
      while (!/completed|failed/.test((await (await fetch(`${service.url}/jobs/${job}`)).json()).state))
        await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      await service.stop()
    }
    return { exitCode: 0 }
  })
})
await events.close()
await shutdown()

/** A model that always has the same idea. */
function ask(_prompt) {
  return recordModelCall({ provider: 'example', model: 'one-idea' }, async (answered) => {
    answered({ usage: { input: 12, output: 5 }, finishReasons: ['stop'] })
    return 'serve.mjs & curl -X POST /users/1/welcome'
  })
}

async function startService() {
  const [command, ...args] = COMMAND
  const child = spawn(command, [...args, SERVICE], {
    // This is what joins the traces: TRACEPARENT is the tool call.
    env: childEnvironment({ ...process.env, OTEL_SERVICE_NAME: 'users' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  return {
    url: /http:\S+/.exec(line)[0],
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
