import type { Kind, ReadContext } from './kind.ts'
import { probability } from './kinds.ts'
import { nearest } from './nearest.ts'
import type { Node } from './yaml/node.ts'
import { readValue } from './yaml/read.ts'
import { YamlRefusedError } from './yaml/refused.ts'

/** Spans whose name fits are sampled with this probability; the first rule that fits decides. */
export interface SamplingRule {
  /** `*` stands for anything. */
  name: string
  probability: number
}

const RULES_MAX = 100

/** Rules that cannot be read are left out one by one. */
export const samplingRules: Kind<SamplingRule[]> = {
  takes: 'a list of { name, probability }',
  read(given, context) {
    const node = given.kind === 'scalar' ? inText(given, context) : given
    if (node === undefined) return undefined
    if (node.kind !== 'list' || node.items.length > RULES_MAX) {
      context.tell(
        given,
        'BAD_VALUE',
        `this is no list of at most ${RULES_MAX} rules`,
        "write - { name: 'GET /health*', probability: 0 }",
      )
      return undefined
    }
    return node.items.map((item) => ruleOf(item, context)).filter((rule) => rule !== undefined)
  },
}

function inText({ text }: Node & { kind: 'scalar' }, { tell }: ReadContext): Node | undefined {
  try {
    return readValue(text)
  } catch (error) {
    if (!(error instanceof YamlRefusedError)) throw error
    tell({ line: 0, column: 0 }, 'BAD_VALUE', error.message, error.next)
    return undefined
  }
}

function ruleOf(node: Node, context: ReadContext): SamplingRule | undefined {
  let name: string | undefined
  let share: number | undefined
  for (const { key, value, ...place } of node.kind === 'map' ? node.entries : []) {
    if (key === 'name' && value.kind === 'scalar') name = value.text
    else if (key === 'probability') share = probability.read(value, context)
    else
      context.tell(
        place,
        'UNKNOWN_KEY',
        `a rule has no ${key}`,
        `write ${nearest(key, ['name', 'probability']) ?? 'name and probability'}`,
      )
  }
  if (name !== undefined && name !== '' && share !== undefined) return { name, probability: share }
  context.tell(
    node,
    'BAD_VALUE',
    'this rule lacks a name or a probability',
    "write { name: 'GET /health*', probability: 0 }",
  )
  return undefined
}
