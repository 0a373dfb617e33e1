import { spawnSync } from 'node:child_process'
import { beforeAll, expect, it } from 'vitest'
import { exposition } from '../../packages/spanledger/src/query/statistics/exposition.ts'
import { FAMILIES, SAMPLES } from '../../packages/spanledger/src/query/statistics/testing/families.ts'
import { build } from './build.ts'

let built: ReturnType<typeof build>
beforeAll(() => {
  built = build('prometheus', '.')
})

it.for(['prometheus', 'openmetrics'] as const)(
  "Prometheus's own reader takes our %s text, all of it",
  (format, { skip }) => {
    if ('missing' in built) return skip(built.missing)
    const { stdout, status } = spawnSync(built.program, [format], {
      input: exposition(FAMILIES, format),
      encoding: 'utf8',
    })
    expect([stdout.trim(), status]).toEqual([String(SAMPLES), 0])
  },
)
