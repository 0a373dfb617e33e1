// One agent session by the gen_ai conventions as an OTLP/JSON request: 40 turns of a model call and a tool call.
import { createHash } from 'node:crypto'

const TURNS = 40
const hex = (text, digits) => createHash('sha256').update(text).digest('hex').slice(0, digits)
const attribute = ([key, value]) => ({
  key,
  value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
})
const attributes = (object) => Object.entries(object).map(attribute)

export function createGenAiSession(n) {
  const sessionId = `bench-session-${n}`
  const traceId = hex(`trace ${n}`, 32)
  const root = hex(`root ${n}`, 16)
  const start = BigInt(Date.now() - 3_600_000 + n * 1_000) * 1_000_000n
  const span = (key, name, from, to, own) => ({
    traceId,
    spanId: key === 'root' ? root : hex(`${n} ${key}`, 16),
    ...(key === 'root' ? {} : { parentSpanId: root }),
    name,
    startTimeUnixNano: String(start + BigInt(from) * 1_000_000n),
    endTimeUnixNano: String(start + BigInt(to) * 1_000_000n),
    attributes: attributes({ 'gen_ai.conversation.id': sessionId, ...own }),
  })
  const spans = [
    span('root', 'invoke_agent bench', 0, TURNS * 100, {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'bench',
    }),
  ]
  for (let turn = 0; turn < TURNS; turn++) {
    spans.push(
      span(`chat ${turn}`, 'chat bench-model', turn * 100, turn * 100 + 60, {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'bench-model',
        'gen_ai.response.id': `${n}-${turn}`,
        'gen_ai.usage.input_tokens': 1_000 + turn,
        'gen_ai.usage.output_tokens': 50,
      }),
      span(`tool ${turn}`, 'execute_tool shell', turn * 100 + 60, turn * 100 + 95, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'shell',
        'gen_ai.tool.call.id': `call-${n}-${turn}`,
      }),
    )
  }
  const resource = { attributes: attributes({ 'service.name': 'bench-agent', 'service.version': '1.0.0' }) }
  return {
    sessionId,
    traceId,
    spans: spans.length,
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  }
}
