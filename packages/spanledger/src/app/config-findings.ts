import { nearest } from '@spanledger/sdk/config'
import type * as v from 'valibot'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { ConfigFinding } from './config.ts'

/** Where each issue stands in the file, and which key may have been meant. */
export function findingsOf(
  issues: readonly v.BaseIssue<unknown>[],
  {
    text,
    schema,
    describe,
  }: { text: string; schema: unknown; describe(issue: v.BaseIssue<unknown>): string },
): ConfigFinding[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' })
  return issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => key)
    const at = offsetOf(document.contents, path)
    const near =
      issue.expected === 'never' ? nearest(String(path.at(-1)), keysAt(schema, path.slice(0, -1))) : undefined
    return {
      line: at === undefined ? 0 : lines.linePos(at).line,
      message: describe(issue),
      next:
        near === undefined
          ? 'see docs/reference/configuration.md'
          : `did you mean ${[...path.slice(0, -1), near].join('.')}?`,
    }
  })
}

/** Of the deepest key on the path that is there. */
function offsetOf(node: unknown, [first, ...rest]: readonly unknown[]): number | undefined {
  if (first === undefined || !isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === first)
  if (pair === undefined) return undefined
  return offsetOf(pair.value, rest) ?? (pair.key as { range: [number, number, number] }).range[0]
}

/** The keys a schema has below a path; through `optional`. */
function keysAt(schema: unknown, [first, ...rest]: readonly unknown[]): string[] {
  const { entries, wrapped } = schema as { entries?: Record<string, unknown>; wrapped?: unknown }
  if (wrapped !== undefined) return keysAt(wrapped, first === undefined ? [] : [first, ...rest])
  if (entries === undefined) return []
  return first === undefined ? Object.keys(entries) : keysAt(entries[String(first)], rest)
}
