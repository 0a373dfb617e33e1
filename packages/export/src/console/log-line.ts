import type { LogData } from '@spanledger/sdk/record'
import type { Paint } from './paint.ts'
import { attributeWords, clockTime, word } from './words.ts'

const LEVELS = ['', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

export function logLine(log: LogData, paint: Paint): string {
  const seconds = log.seconds === 0 ? log.observedSeconds : log.seconds
  const nanos = log.seconds === 0 ? log.observedNanos : log.nanos
  const level = word(log.severityText) || LEVELS[Math.ceil(log.severity / 4)] || ''
  const colour = log.severity >= 17 ? paint.red : log.severity >= 13 ? paint.yellow : paint.cyan
  const name = log.eventName === '' ? '' : ` ${paint.bold(word(log.eventName))}`
  const body = log.body === undefined ? '' : ` ${word(log.body)}`
  const trace = log.traceId === '' ? '' : ` trace=${log.traceId}`
  return `${paint.dim(clockTime(seconds, nanos))} ${colour(level.padEnd(5))}${name}${body}${paint.dim(attributeWords(log.attributes) + trace)}`
}
