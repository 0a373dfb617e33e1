import type { IndexedSegment } from './segments/segment-index.ts'

/** Definition lines, one for each id. */
export interface Definitions {
  origins: readonly string[]
  metrics: readonly string[]
}

export function definitionsOf(segments: readonly IndexedSegment[]): Definitions {
  const origins = new Map<string, string>()
  const metrics = new Map<string, string>()
  for (const { blocks, tail } of segments)
    for (const { definitions } of [...blocks, tail.block])
      for (const line of definitions) addDefinition(line, origins, metrics)
  return { origins: [...origins.values()], metrics: [...metrics.values()] }
}

/** Damaged definitions are left out: what refers to them has no service then, and `verify` tells. */
function addDefinition(line: string, origins: Map<string, string>, metrics: Map<string, string>): void {
  const id = line.slice(11, 19)
  if (origins.has(id) || metrics.has(id)) return
  try {
    const parsed = JSON.parse(line) as { origin?: string; metric?: string }
    if (typeof parsed.origin === 'string') origins.set(parsed.origin, line)
    else if (typeof parsed.metric === 'string') metrics.set(parsed.metric, line)
  } catch {
    return
  }
}
