import { createRedactor } from '@spanledger/sdk/redact'
import { createTranscoder, type Signal, type Transcoded } from '../index.ts'

/** Small OTLP/JSON requests, and what becomes of them with redaction as it is by default. */

export const transcoder = createTranscoder({ redactor: createRedactor() })
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
export const linesOf = ({ batch }: Transcoded): string[] => text(batch.lines).split('\n').slice(0, -1)
export const json = (signal: Signal, request: unknown): Transcoded =>
  transcoder.json(signal, Buffer.from(typeof request === 'string' ? request : JSON.stringify(request)))

export const TRACE = '5b8efff798038103d269b633813fc60c'
export const SPAN = 'eee19b7ec3c1b174'
export const span = (more: object = {}): object => ({
  traceId: TRACE,
  spanId: SPAN,
  name: 'n',
  kind: 1,
  startTimeUnixNano: '5',
  endTimeUnixNano: '7',
  ...more,
})
export const spans = (...list: object[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans: list }] }] })
export const logs = (...list: object[]): object => ({ resourceLogs: [{ scopeLogs: [{ logRecords: list }] }] })
export const attribute = (key: string, value: object): object => ({ key, value })
export const attrsOf = (...attributes: object[]): string => {
  const [line] = linesOf(json('traces', spans(span({ attributes }))))
  return /"attrs":(.*),"in"/.exec(line!)![1]!
}
export const origin = 'RBNvo1Wz'
export const withOrigin = (service: string, name: string): object => ({
  resourceSpans: [
    {
      resource: { attributes: [attribute('service.name', { stringValue: service })] },
      scopeSpans: [{ scope: { name }, spans: [span()] }],
    },
  ],
})
