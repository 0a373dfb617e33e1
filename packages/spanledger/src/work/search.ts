import type { Task } from './state.ts'

export interface Hit {
  task: Task
  score: number
  /** Where the first word was found, and the line it stands in. */
  where: string
  line: string
}

const WEIGHT = { id: 8, title: 10, tag: 6, field: 3, section: 1 }
const LINE_CHARACTERS_MAX = 120

/**
 * Tasks that hold every word of the question, in upper or lower case, as a part of a word: in id, title, fields or sections.
 * A title counts more than a field and a field more than a section; equal ones by what changed last.
 */
export function search(tasks: Iterable<Task>, question: string): Hit[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const hits: Hit[] = []
  for (const task of tasks) {
    const hit = hitIn(task, words)
    if (hit !== undefined) hits.push(hit)
  }
  return hits.toSorted((a, b) => b.score - a.score || (a.task.changedNano < b.task.changedNano ? 1 : -1))
}

function hitIn(task: Task, words: readonly string[]): Hit | undefined {
  const parts = partsOf(task).map((part) => ({ ...part, lower: part.text.toLowerCase() }))
  let score = 0
  let first: (typeof parts)[number] | undefined
  for (const word of words) {
    const found = parts.filter(({ lower }) => lower.includes(word))
    if (found.length === 0) return undefined
    first ??= found[0]
    score += Math.max(...found.map(({ weight }) => weight))
  }
  const { where, text, lower } = first!
  return { task, score, where, line: lineAround(text, lower.indexOf(words[0]!)) }
}

function* fieldsOf({ fields }: Task): Generator<{ where: string; text: string; weight: number }> {
  for (const [key, value] of Object.entries(fields)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    yield { where: key, text, weight: key === 'tags' ? WEIGHT.tag : WEIGHT.field }
  }
}

const partsOf = (task: Task): { where: string; text: string; weight: number }[] => [
  { where: 'title', text: task.title, weight: WEIGHT.title },
  { where: 'id', text: task.id, weight: WEIGHT.id },
  ...fieldsOf(task),
  ...Object.entries(task.sections).map(([where, text]) => ({ where, text, weight: WEIGHT.section })),
]

function lineAround(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', at)
  const line = text.slice(start, end < 0 ? text.length : end).trim()
  return line.length > LINE_CHARACTERS_MAX ? `${line.slice(0, LINE_CHARACTERS_MAX - 1)}…` : line
}
