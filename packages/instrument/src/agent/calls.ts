import { activeSpan } from '@spanledger/sdk'
import type { Attributes, Span } from '@spanledger/sdk/record'
import { runOperation } from '../operation.ts'
import { agentAttributes } from './agent.ts'
import { agentTelemetry } from './agent-telemetry.ts'

export interface ToolCall {
  /** `Bash`, `Read`. */
  readonly name: string
  readonly id?: string
  readonly type?: 'function' | 'extension' | 'datastore'
  /** Recorded as JSON, and content: leave it out where it must not be kept. A shell's is `{ command }`. */
  readonly arguments?: Readonly<Record<string, unknown>>
}

/** Runs a tool for an agent. A value with an `exitCode` other than 0 is a failed call. */
export function recordToolCall<T>(call: ToolCall, fn: (span: Span) => T): T {
  const telemetry = agentTelemetry()
  if (telemetry === undefined) return fn(activeSpan())
  return runOperation<T>(
    telemetry,
    {
      name: `execute_tool ${call.name}`,
      lazy: true,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        ...agentAttributes(),
        'gen_ai.tool.name': call.name,
        'gen_ai.tool.type': call.type,
        'gen_ai.tool.call.id': call.id,
        'gen_ai.tool.call.arguments': textOf(call.arguments),
      },
      done(span, { value, errorType }) {
        const exitCode = (value as { exitCode?: unknown } | undefined | null)?.exitCode
        if (typeof exitCode === 'number') span.setAttribute('process.exit.code', exitCode)
        const failed = errorType ?? (typeof exitCode === 'number' && exitCode !== 0 ? 'exit_code' : undefined)
        if (failed === undefined) return
        if (errorType === undefined)
          span.setStatus('error', `exit code ${exitCode as number}`).setAttribute('error.type', failed)
        telemetry.errors.add(1, { 'gen_ai.tool.name': call.name, 'error.type': failed })
      },
    },
    fn,
  )
}

export interface ModelCall {
  /** `anthropic`, `openai`. */
  readonly provider: string
  readonly model: string
  /** `chat` by default. */
  readonly operation?: 'chat' | 'text_completion' | 'generate_content' | 'embeddings'
}

/** All prompt tokens are input, cached ones included; all generated ones output. */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
}

/** What the answer to a model call tells, as it comes to be known. */
export interface ModelAnswer {
  readonly usage?: Usage
  readonly id?: string
  readonly model?: string
  readonly finishReasons?: readonly string[]
}

/** Asks a model. `answered` tells tokens and the like, once. */
export function recordModelCall<T>(
  { provider, model, operation = 'chat' }: ModelCall,
  fn: (answered: (answer: ModelAnswer) => void, span: Span) => T,
): T {
  const telemetry = agentTelemetry()
  if (telemetry === undefined) return fn(() => {}, activeSpan())
  const tell = (answer: ModelAnswer, span: Span): void => {
    span.setAttributes(answerAttributes(answer))
    for (const direction of ['input', 'output'] as const) {
      const tokens = answer.usage?.[direction]
      if (tokens !== undefined) telemetry.tokens.add(tokens, { model: answer.model ?? model, direction })
    }
  }
  return runOperation<T>(
    telemetry,
    {
      name: `${operation} ${model}`,
      kind: 'client',
      lazy: true,
      attributes: {
        'gen_ai.operation.name': operation,
        ...agentAttributes(),
        'gen_ai.provider.name': provider,
        'gen_ai.request.model': model,
      },
      done(_span, { errorType }) {
        if (errorType !== undefined) telemetry.errors.add(1, { model, 'error.type': errorType })
      },
    },
    (span) =>
      fn((answer) => {
        try {
          tell(answer, span)
        } catch {
          // No object, or one that cannot be read: it tells nothing.
        }
      }, span),
  )
}

function answerAttributes({ usage, id, model, finishReasons }: ModelAnswer): Attributes {
  return {
    'gen_ai.response.id': id,
    'gen_ai.response.model': model,
    'gen_ai.response.finish_reasons': finishReasons,
    'gen_ai.usage.input_tokens': usage?.input,
    'gen_ai.usage.output_tokens': usage?.output,
    'gen_ai.usage.cache_read.input_tokens': usage?.cacheRead,
    'gen_ai.usage.cache_creation.input_tokens': usage?.cacheWrite,
  }
}

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
