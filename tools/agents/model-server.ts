import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { anthropic } from './model/anthropic.ts'
import { gemini } from './model/gemini.ts'
import { chat, responses } from './model/openai.ts'
import type { Answer, Body, Protocol, Truth } from './model/protocol.ts'
import { PROMPT, type Scenario, type Step } from './scenarios.ts'

const PROTOCOLS: readonly Protocol[] = [anthropic, responses, chat, gemini]

export interface ModelServer {
  url: string
  /** Every answer so far, with the tokens it told: what a correct recorder accounts for. */
  truth: readonly Truth[]
  close(): Promise<void>
}

/**
 * A scripted model on loopback, so that real agents work offline and still emit their own telemetry. Speaks Anthropic
 * Messages, OpenAI Responses and Chat Completions, and Gemini generateContent, streaming or not.
 *
 * refuses  so many of an agent's requests get an answer that no agent tries again
 */
export async function startModelServer(scenario: Scenario, { refuses = 0 } = {}): Promise<ModelServer> {
  const truth: Truth[] = []
  const refusals = { left: refuses }
  const server = http.createServer((request, response) => {
    void answer(request, response, scenario, { truth, refusals }).catch((error: unknown) =>
      response.destroy(error as Error),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    truth,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  scenario: Scenario,
  { truth, refusals }: { truth: Truth[]; refusals: { left: number } },
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const url = request.url ?? ''
  const send = (body: unknown): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'request-id': `req_${truth.length}` })
    response.end(JSON.stringify(body))
  }
  if (url.includes('count_tokens')) return send({ input_tokens: scenario.usage.input })
  if (url.includes('countTokens')) return send({ totalTokens: scenario.usage.input })
  const protocol = PROTOCOLS.find(({ matches }) => matches(url))
  if (!protocol) return send(url.includes('models') ? { data: [], models: [] } : {})

  const body: Body = text === '' ? {} : JSON.parse(text)
  const tools = protocol.tools(body)
  const streams = protocol.streams(body, url)
  const working = tools.length > 0 && (protocol !== gemini || streams)
  // A subagent is given its own prompt, not the user's.
  const steps = scenario.delegated && !text.includes(PROMPT) ? scenario.delegated : scenario.steps
  const step = working ? steps[Math.min(protocol.results(text), steps.length - 1)]! : { text: protocol.aside }
  await sleep(step.delayMs ?? 0)
  if (working && refusals.left-- > 0) {
    response.writeHead(400, { 'content-type': 'application/json' })
    const error = { type: 'invalid_request_error', message: 'the scripted model refuses this' }
    response.end(JSON.stringify({ type: 'error', error }))
    return
  }
  const call = callFor(step, tools)
  truth.push({ tool: call?.name, tokens: protocol.truth(scenario.usage) })
  const told: Answer = {
    number: truth.length,
    model: protocol.model(body, url),
    text: step.text ?? 'Done.',
    call,
    usage: scenario.usage,
    stream: streams,
  }
  const reply = protocol.reply(told)
  if (!reply.events) return send(reply.body)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${truth.length}` })
  for (const [name, data] of reply.events)
    response.write(
      `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
    )
  response.end()
}

/** The step's tool under the name and argument shape that this agent offers; undefined when it offers none. */
function callFor({ command, delegate }: Step, tools: readonly string[]): Answer['call'] {
  const shapes = command !== undefined ? shells(command) : delegate !== undefined ? subagents(delegate) : {}
  const name = Object.keys(shapes).find((known) => tools.includes(known))
  return name === undefined ? undefined : { name, args: shapes[name]! }
}

type Shapes = Record<string, Record<string, unknown>>

function shells(command: string): Shapes {
  const described = { command, description: 'run a command' }
  return {
    Bash: described,
    bash: described,
    run_shell_command: described,
    exec_command: { cmd: command },
    shell_command: { command },
    shell: { command: ['bash', '-lc', command] },
    local_shell: { command: ['bash', '-lc', command] },
  }
}

function subagents(prompt: string): Shapes {
  const description = 'look into it'
  return {
    Agent: { description, prompt, subagent_type: 'general-purpose' },
    Task: { description, prompt, subagent_type: 'general-purpose' },
    task: { description, prompt, name: 'helper', agent_type: 'general-purpose', subagent_type: 'general' },
    invoke_agent: { agent_name: 'generalist', prompt },
  }
}
