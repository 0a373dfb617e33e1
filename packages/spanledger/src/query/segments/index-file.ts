import { Buffer } from 'node:buffer'
import type { Block } from './block.ts'

/**
 * A segment's blocks as text: HOME/index/segments/<kind>/<segment>.jsonl, one block a line after a head. Disposable.
 *
 * The number in the head counts changes of this form: a file with another one is built again.
 */
const HEAD = '{"blocks":2}'

export function formatIndex(blocks: readonly Block[]): string {
  return [HEAD, ...blocks.map(formatBlock)].join('\n') + '\n'
}

const formatBlock = (block: Block): string =>
  JSON.stringify({
    ...block,
    ...(block.traces === undefined ? {} : { traces: Buffer.from(block.traces).toString('base64') }),
  })

/** The blocks, or none when the text is not whole, not of this version, or leaves a gap: then it is built again. */
export function parseIndex(text: string): Block[] {
  const [head, ...lines] = text.split('\n')
  if (head !== HEAD || lines.pop() !== '') return []
  const blocks: Block[] = []
  let reached = 0
  try {
    for (const line of lines) {
      const parsed = JSON.parse(line) as Block & { traces?: string }
      if (parsed.from !== reached || parsed.to <= parsed.from) return []
      reached = parsed.to
      const { traces, ...rest } = parsed
      blocks.push(traces === undefined ? rest : { ...rest, traces: Buffer.from(traces as string, 'base64') })
    }
  } catch {
    return []
  }
  return blocks
}
