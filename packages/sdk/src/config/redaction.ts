import { join } from 'node:path'
import { createRedactor, RedactionConfigError } from '../redact/index.ts'
import type { RedactionConfig } from '../redact/index.ts'
import { ConfigFileError, type ReadFile } from './file.ts'
import type { FaultCode } from './kind.ts'
import type { ConfigWarning } from './layer.ts'
import { nearest } from './nearest.ts'
import type { Node, Place } from './yaml/node.ts'
import { readSection } from './yaml/read.ts'
import { YamlRefusedError } from './yaml/refused.ts'

type Pattern = RedactionConfig['patterns'][number]
type Content = RedactionConfig['content']
type Tell = (at: Place, code: FaultCode, message: string, next: string) => void

/**
 * What HOME/config.yaml says under `redaction:`, which the daemon obeys too; nothing where there is no file.
 *
 * Never throws: what cannot be used is a warning, and left out; a file that cannot be read leaves the built-in rules.
 * Source: docs/reference/redaction.md
 */
export function readRedaction(
  home: string | undefined,
  readFile: ReadFile,
  warn: (warning: ConfigWarning) => void,
): Partial<RedactionConfig> {
  if (home === undefined) return {}
  const file = join(home, 'config.yaml')
  const tell: Tell = ({ line }, code, message, next) =>
    warn({ code, message, next, source: { kind: 'home', file, line } })
  try {
    const text = readFile(file)
    return text === undefined ? {} : redactionOf(readSection(text, 'redaction').value, tell)
  } catch (error) {
    const { message } = error as Error
    const said = `redaction: ${message}; the built-in rules are used`
    if (error instanceof YamlRefusedError) tell(error, 'BAD_FILE', said, error.next)
    else {
      const next = error instanceof ConfigFileError ? error.next : 'check who may read it'
      tell({ line: 0, column: 0 }, 'BAD_FILE', said, next)
    }
    return {}
  }
}

const CLASSES = ['prompts', 'toolInput', 'toolOutput', 'modelOutput'] as const
const RULES = ['keep', 'drop', 'hash'] as const

function redactionOf(node: Node | undefined, tell: Tell): Partial<RedactionConfig> {
  const config: Partial<RedactionConfig> = {}
  eachMember(node, 'redaction', ['enabled', 'patterns', 'keys', 'allow', 'content'], tell, (key, value) => {
    if (key === 'enabled') {
      if (value.kind === 'scalar' && typeof value.value === 'boolean') config.enabled = value.value
      else tell(value, 'BAD_VALUE', 'redaction.enabled is not true or false', 'write true or false')
    } else if (key === 'content') config.content = contentOf(value, tell)
    else if (key === 'patterns') config.patterns = itemsOf(value, key, tell).flatMap(patternOf(tell))
    else
      config[key as 'keys' | 'allow'] = itemsOf(value, key, tell).flatMap((item) =>
        item.kind === 'scalar' ? [item.text] : [],
      )
  })
  return config
}

function contentOf(node: Node, tell: Tell): Content {
  const content: Content = {}
  eachMember(node, 'redaction.content', CLASSES, tell, (key, value) => {
    const rule = RULES.find((each) => value.kind === 'scalar' && value.text === each)
    if (rule !== undefined) content[key as keyof Content] = rule
    else
      tell(value, 'BAD_VALUE', `redaction.content.${key} is none of ${RULES.join(', ')}`, 'write one of them')
  })
  return content
}

/** None of a pattern that cannot be used. */
const patternOf =
  (tell: Tell) =>
  (node: Node): Pattern[] => {
    const pattern: Pattern = { name: '', regex: '' }
    eachMember(node, 'redaction.patterns', ['name', 'regex', 'flags'], tell, (key, value) => {
      if (value.kind === 'scalar') pattern[key as keyof Pattern] = value.text
    })
    try {
      createRedactor({ patterns: [pattern] })
      return [pattern]
    } catch (error) {
      if (!(error instanceof RedactionConfigError)) throw error
      tell(node, 'BAD_VALUE', error.message, 'write { name: NAME, regex: REGULAR_EXPRESSION }')
      return []
    }
  }

function itemsOf(node: Node, key: string, tell: Tell): Node[] {
  if (node.kind === 'list') return node.items
  if (node.kind === 'map' || node.value !== null)
    tell(node, 'BAD_VALUE', `redaction.${key} is no list`, `write ${key}: [...]`)
  return []
}

/** The members of a map that are known; the others are told. */
function eachMember(
  node: Node | undefined,
  path: string,
  known: readonly string[],
  tell: Tell,
  visit: (key: string, value: Node) => void,
): void {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return
  if (node.kind !== 'map')
    return tell(node, 'BAD_VALUE', `${path} takes keys`, `here are: ${known.join(', ')}`)
  for (const { key, value, ...place } of node.entries) {
    if (known.includes(key)) visit(key, value)
    else
      tell(
        place,
        'UNKNOWN_KEY',
        `there is no key ${path}.${key}`,
        `did you mean ${nearest(key, known) ?? known.join(', ')}?`,
      )
  }
}
