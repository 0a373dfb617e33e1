import { setField, setSection } from './edit.ts'
import type { Json } from './document.ts'

export interface NewTask {
  title: string
  /** Undefined ones are left out. */
  fields: Record<string, Json | undefined>
  sections: Record<string, string>
}

/** The sections that every new task has, in this order. */
const SECTIONS = ['Instruction', 'Tasks', 'Deliverable', 'Log'] as const

/** A new task's file, title first. */
export function renderTask({ title, fields, sections }: NewTask): string {
  let text = `# ${title}\n\n---\n---\n`
  for (const [key, value] of Object.entries(fields))
    if (value !== undefined) text = setField(text, key, value)
  for (const name of SECTIONS) text = setSection(text, name, sections[name] ?? '')
  for (const [name, body] of Object.entries(sections)) if (body !== '') text = setSection(text, name, body)
  return text
}
