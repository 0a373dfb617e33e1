import { isDeepStrictEqual } from 'node:util'
import { parseTask, sectionTexts } from '../document/document.ts'
import { type Decision, type Moment, refuse } from './decision.ts'

/** As it stands in a file. */
export const sectionText = (given: string): string => given.trim().replaceAll(/\r\n?/g, '\n')

/** Whether the text is one section once it stands in a file, and another one behind it still is. */
export function isSection(name: string, text: string): boolean {
  if (name === '') return !/^#{1,2} /m.test(text)
  const read = sectionTexts(parseTask(`# T\n\n## ${name}\n\n${text}\n\n## End\n`))
  return isDeepStrictEqual(read, name === 'End' ? { End: text, 'End (2)': '' } : { [name]: text, End: '' })
}

export const refuseSection = (
  moment: Moment,
  about: { task: string; command: string },
  name: string,
): Decision =>
  refuse(
    moment,
    about,
    'BAD_VALUE',
    `section "${name}" cannot hold headings # or ##, or a code block that is left open`,
    'use ### inside',
  )
