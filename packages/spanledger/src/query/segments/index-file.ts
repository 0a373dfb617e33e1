import { Buffer } from 'node:buffer'
import { checkedText, linesIn } from '../../projection/index.ts'
import type { Block } from './block.ts'

/**
 * A segment's blocks as text: HOME/index/segments/<kind>/<segment>.jsonl, one block a line after a head, and a checksum. Disposable.
 *
 * The number in the head counts changes of this form: a file with another one is built again.
 */
const HEAD = '{"blocks":2}'

export function formatIndex(blocks: readonly Block[]): string {
  return checkedText([HEAD, ...blocks.map(formatBlock)].join('\n') + '\n')
}

const formatBlock = (block: Block): string =>
  JSON.stringify({
    ...block,
    ...(block.traces === undefined ? {} : { traces: Buffer.from(block.traces).toString('base64') }),
  })

/** The blocks, or none when the text is not as it was written, or not of this version: then it is built again. */
export function parseIndex(text: string): Block[] {
  const [head, ...lines] = linesIn(text)?.trimEnd().split('\n') ?? []
  return head === HEAD ? lines.map(parseBlock) : []
}

function parseBlock(line: string): Block {
  const { traces, ...block } = JSON.parse(line) as Omit<Block, 'traces'> & { traces?: string }
  return traces === undefined ? block : { ...block, traces: Buffer.from(traces, 'base64') }
}
