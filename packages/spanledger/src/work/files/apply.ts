import { setField, setSection, setTitle } from '../document/edit.ts'
import type { Draft } from '../events.ts'

/** A task's file after events of the task: the same fold as the state's, over bytes. */
export function applyDrafts(text: string, drafts: readonly Draft[]): string {
  return drafts.reduce(applyDraft, text)
}

function applyDraft(text: string, { event, data }: Draft): string {
  switch (event) {
    case 'TaskUpdated': {
      let changed = data.title?.after === undefined ? text : setTitle(text, data.title.after)
      for (const [key, { after }] of Object.entries(data.fields)) changed = setField(changed, key, after)
      return changed
    }
    case 'TaskStatusChanged':
      return setField(text, 'status', data.word)
    case 'TaskSectionUpdated':
      return setSection(text, data.section, data.after)
    case 'TaskClaimed':
      return setField(text, 'assignee', data.by.agent)
    default:
      return text
  }
}
