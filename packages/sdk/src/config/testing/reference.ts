import { type AnyKey, isDerived, variableOf } from '../key.ts'
import { TABLE } from '../keys.ts'
import { MEANINGS } from './meanings.ts'

/** The table of docs/reference/configuration.md: generated, so that it is what the program does. */
export function keyReference(): string {
  const rows = Object.entries(TABLE)
    // Each signal has the same keys again.
    .filter(([path]) => !/^exporters\.otlp\.(?:metrics|logs)\./.test(path))
    .map(
      ([path, row]) =>
        `| \`${path}\` | ${MEANINGS[path as keyof typeof MEANINGS]}: ${row.kind.takes} | ${told(row)} | ${variables(path, row)} |`,
    )
  return ['| key | | unless told | variables |', '|---|---|---|---|', ...rows, ''].join('\n')
}

function told({ default: fallback }: AnyKey): string {
  if (fallback === undefined) return ''
  if (!isDerived<unknown>(fallback)) return written(fallback)
  return written(fallback.derive(() => ({ value: undefined, isSet: false })).value)
}

const written = (value: unknown): string =>
  typeof value === 'object' ? `\`${JSON.stringify(value)}\`` : String(value)

const variables = (path: string, { env }: AnyKey): string =>
  [
    `\`${variableOf(path)}\``,
    ...env.map(({ name, deno }) => `\`${name}\`${deno === true ? ' (Deno)' : ''}`),
  ].join(', ')
