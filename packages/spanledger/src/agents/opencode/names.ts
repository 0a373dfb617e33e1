import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import { jsonOf, numberOf, textOf } from '../read.ts'
import { Rank, type AgentNames } from '../mapping.ts'
import type { Observation } from '../vocabulary.ts'

/** A log's body is [message, fields], the fields as text that is nearly JSON (`undefined` stands in it). */
function details(record: SpanLine | LogLine): string {
  const body = 'log' in record ? record.body : undefined
  return Array.isArray(body) ? (textOf(body[1]) ?? '') : ''
}

function field(text: string, name: string): string | undefined {
  return (
    new RegExp(`"${name.replace('.', '\\.')}":"?([^",}]+)"?[,}]`)
      .exec(text)?.[1]
      ?.replace(/^(undefined|null)$/, '') || undefined
  )
}

function created(observation: Observation, record: SpanLine | LogLine): Observation | undefined {
  const text = details(record)
  const session = field(text, 'id')
  if (!session?.startsWith('ses_')) return undefined
  observation.session = session
  const directory = field(text, 'directory')
  const parent = field(text, 'parentID')
  if (directory !== undefined) observation.workingDirectory = directory
  if (parent !== undefined) observation.parentSession = parent
  return observation
}

/** A session with a parent is that session's subagent. */
function subagent(observation: Observation, record: SpanLine | LogLine): Observation | undefined {
  const child = created(observation, record)
  if (!child?.parentSession) return undefined
  child.agentId = child.session
  child.session = child.parentSession
  delete child.parentSession
  const title = field(details(record), 'title')
  if (title !== undefined) child.name = title
  return child
}

function inSession(observation: Observation, record: SpanLine | LogLine): Observation | undefined {
  const session = field(details(record), 'session.id')
  if (session === undefined) return undefined
  observation.session = session
  return observation
}

function prompt(observation: Observation, record: SpanLine | LogLine): Observation | undefined {
  return field(details(record), 'step') === '0' ? inSession(observation, record) : undefined
}

/** `stream` is written in the span around the whole call, `ai.streamText` stands in that, `doStream` in this. */
function stream(observation: Observation, record: SpanLine | LogLine): Observation | undefined {
  const text = details(record)
  const model = field(text, 'modelID')
  const agent = field(text, 'agent')
  if (model !== undefined) observation.requestModel = model
  if (agent !== undefined) observation.purpose = agent
  observation.keys = [`around:${record.trace}/${record.span}`]
  return inSession(observation, record)
}

function around(observation: Observation, record: SpanLine | LogLine): Observation {
  observation.keys = [
    `around:${observation.trace}/${observation.parentSpan}`,
    `in:${record.trace}/${record.span}`,
  ]
  return observation
}

function inside(observation: Observation): Observation {
  observation.keys = [...(observation.keys ?? []), `in:${observation.trace}/${observation.parentSpan}`]
  return observation
}

/** How a command exited stands in the tool's result. */
function exitCode(observation: Observation, record: SpanLine | LogLine): Observation {
  const exit = numberOf(jsonOf(jsonOf(record.attrs?.['ai.toolCall.result'])?.['metadata'])?.['exit'])
  if (exit !== undefined) observation.exitCode = exit
  return observation
}

/**
 * Spans of the AI SDK carry the figures, among hundreds of internal ones. Leaving, opencode does not wait for its exporter:
 * the last calls may be known from their `stream` log alone, or not at all. Seen: 1.18.
 */
export const opencode: AgentNames = {
  agent: 'opencode',
  services: ['opencode'],
  scopes: ['opencode'],
  logName: (record) => textOf(record.body),
  mappings: [
    {
      versions: '>=1 <2',
      session: ['session.id', 'ai.telemetry.metadata.sessionId'],
      rules: [
        {
          event: 'SessionStarted',
          signal: 'log',
          name: 'created',
          rank: Rank.figures,
          session: [],
          refine: created,
        },
        {
          event: 'SessionSubagentStarted',
          signal: 'log',
          name: 'created',
          rank: Rank.figures,
          session: [],
          refine: subagent,
        },
        {
          event: 'SessionPromptSubmitted',
          signal: 'log',
          name: 'loop',
          rank: Rank.figures,
          session: [],
          refine: prompt,
        },
        {
          event: 'SessionCompleted',
          signal: 'log',
          name: 'exiting loop',
          rank: Rank.figures,
          session: [],
          refine: inSession,
        },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'stream',
          rank: Rank.hint,
          session: [],
          refine: stream,
        },
        {
          event: 'SessionModelCalled',
          signal: 'span',
          name: ['ai.streamText', 'ai.generateText', 'ai.streamObject', 'ai.generateObject'],
          rank: Rank.fallback,
          fields: { requestModel: 'ai.model.id', finishReason: 'ai.response.finishReason' },
          refine: around,
        },
        {
          event: 'SessionModelCalled',
          signal: 'span',
          name: [
            'ai.streamText.doStream',
            'ai.generateText.doGenerate',
            'ai.streamObject.doStream',
            'ai.generateObject.doGenerate',
          ],
          rank: Rank.figures,
          fields: {
            requestId: ['gen_ai.response.id', 'ai.response.id'],
            model: ['gen_ai.response.model', 'ai.response.model'],
            requestModel: ['gen_ai.request.model', 'ai.model.id'],
            provider: ['ai.model.provider', 'gen_ai.system'],
            finishReason: ['ai.response.finishReason', 'gen_ai.response.finish_reasons'],
            timeToFirstTokenMs: 'ai.response.msToFirstChunk',
          },
          tokens: {
            input: [['ai.usage.inputTokens', 'gen_ai.usage.input_tokens']],
            output: [['ai.usage.outputTokens', 'gen_ai.usage.output_tokens']],
            cacheRead: [['ai.usage.inputTokenDetails.cacheReadTokens', 'ai.usage.cachedInputTokens']],
            cacheWrite: [['ai.usage.inputTokenDetails.cacheWriteTokens']],
            reasoning: [['ai.usage.outputTokenDetails.reasoningTokens', 'ai.usage.reasoningTokens']],
          },
          refine: inside,
        },
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: 'ai.toolCall',
          rank: Rank.figures,
          fields: { toolUseId: 'ai.toolCall.id', name: 'ai.toolCall.name' },
          arguments: 'ai.toolCall.args',
          result: 'ai.toolCall.result',
          refine: exitCode,
        },
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: 'Tool.execute',
          rank: Rank.structure,
          fields: { toolUseId: 'tool.call_id', name: 'tool.name' },
        },
      ],
    },
  ],
}
