import type { Columns } from '../columns/columns.ts'
import { isPromoted } from '../columns/promoted.ts'
import { identifier, quoted } from '../duck/literals.ts'
import { attributePath } from '../duck/views.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import type { IndexedSegment } from '../segments/segment-index.ts'

/** `http.response.status_code>=500` */
export interface AttributeCondition {
  key: string
  operator: '=' | '!=' | '>=' | '<=' | '<' | '>'
  value: string
}

const ATTRIBUTE = /^([^=<>!"\\]+)(>=|<=|!=|=|<|>)(.*)$/s

export function attributesIn(texts: readonly string[]): AttributeCondition[] | Refusal {
  const conditions: AttributeCondition[] = []
  for (const text of texts) {
    const condition = conditionIn(text)
    if (isRefusal(condition)) return condition
    conditions.push(condition)
  }
  return conditions
}

function conditionIn(text: string): AttributeCondition | Refusal {
  const match = ATTRIBUTE.exec(text)
  if (match === null)
    return refusal(
      'BAD_PARAMETER',
      `attr: "${text}" is no condition`,
      'write it as key=value, key!=value, key>=number or key<number',
    )
  const [, key, operator, value] = match as unknown as [
    string,
    string,
    AttributeCondition['operator'],
    string,
  ]
  if (operator !== '=' && operator !== '!=' && !isNumber(value))
    return refusal(
      'BAD_PARAMETER',
      `attr: ${operator} compares numbers, and "${value}" is none`,
      `give a number: --attr '${key}${operator}100'`,
    )
  return { key: key.trim(), operator, value }
}

const isNumber = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value))

/** The span's attribute, else its resource's. Numbers compare as numbers. */
export function attributeSql({ key, operator, value }: AttributeCondition, isInResource: boolean): string {
  const own = isPromoted(key) ? identifier(key) : `(attributes->>${attributePath(key)})`
  const found = isInResource ? `coalesce(${own}, (resource->>${attributePath(key)}))` : own
  if (operator !== '=' && operator !== '!=')
    return `TRY_CAST(${found} AS DOUBLE) ${operator} ${Number(value)}`
  const same = isNumber(value)
    ? `(${found} = ${quoted(value)} OR TRY_CAST(${found} AS DOUBLE) = ${Number(value)})`
    : `${found} = ${quoted(value)}`
  if (operator === '!=') return `(${found} IS NOT NULL AND NOT coalesce(${same}, false))`
  return isPromoted(key) || isInResource ? same : `(${mentions(key)} AND ${same})`
}

/** Searching the JSON's text first is five times as fast as parsing all of it. */
const mentions = (key: string): string => `contains(CAST(attributes AS VARCHAR), ${quoted(`"${key}"`)})`

/** Whether any resource in these segments has the attribute, in whichever form. */
export const isInResources = (key: string, segments: readonly IndexedSegment[]): boolean =>
  segments.some((segment) => hasInResource(segment, key))

const hasInResource = ({ blocks, tail }: IndexedSegment, key: string): boolean =>
  [...blocks, tail.block].some(({ definitions }) =>
    definitions.some((line) => line.includes(JSON.stringify(key))),
  )

/** The segments that may hold a span with all these attributes: the others need not be read. */
export async function mayMatch(
  columns: Columns,
  segments: readonly IndexedSegment[],
  conditions: readonly AttributeCondition[],
): Promise<IndexedSegment[]> {
  const equal = conditions.filter(({ operator }) => operator === '=')
  const possible = await Promise.all(
    segments.map(async (indexed) => {
      for (const { key, value } of equal) {
        if (hasInResource(indexed, key)) continue
        if (!(await columns.mayHaveAttribute(indexed.segment, key, value))) return false
      }
      return true
    }),
  )
  return segments.filter((_, i) => possible[i])
}
