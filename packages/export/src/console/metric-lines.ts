import type { MetricData } from '@spanledger/sdk/record'
import type { Paint } from './paint.ts'
import { attributeWords, clockTime, word } from './words.ts'

/** A line for each point. */
export function metricLines(data: MetricData, paint: Paint): string[] {
  const name = paint.bold(word(data.metric.name))
  const unit = data.metric.unit === '' ? '' : ` ${word(data.metric.unit)}`
  const line = (seconds: number, nanos: number, value: string, attributes: string): string =>
    `${paint.dim(clockTime(seconds, nanos))} ${name} ${value}${paint.dim(attributes)}`
  if (data.type === 'gauge' || data.type === 'sum') {
    return data.points.map((point) =>
      line(point.seconds, point.nanos, `${point.value}${unit}`, attributeWords(point.attributes)),
    )
  }
  return data.points.map((point) => {
    const range = point.min === undefined ? '' : ` min ${point.min} max ${point.max}`
    const value = `count ${point.count} sum ${point.sum}${range}${unit}`
    return line(point.seconds, point.nanos, value, attributeWords(point.attributes))
  })
}
