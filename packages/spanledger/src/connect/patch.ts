import { compareLines } from './diff.ts'

/** A stretch of a text and what takes its place. */
export interface Patch {
  at: number
  /** So many characters go. */
  remove: number
  insert: string
}

/** Patches of one text, none of which overlap; of those at one place, in the order given. */
export function applyPatches(text: string, patches: readonly Patch[]): string {
  let out = ''
  let done = 0
  for (const { at, remove, insert } of patches.toSorted((a, b) => a.at - b.at)) {
    out += text.slice(done, at) + insert
    done = at + remove
  }
  return out + text.slice(done)
}

/** The lines in which two texts differ, as the way back from `after`: no more of the user's text than was changed. */
export function wayBack(before: string, after: string): Patch[] {
  const patches: Patch[] = []
  let at = 0
  let open: Patch | undefined
  for (const { sign, text } of compareLines(before, after)) {
    if (sign === ' ') open = undefined
    else {
      if (open === undefined) patches.push((open = { at, remove: 0, insert: '' }))
      if (sign === '+') open.remove += text.length
      else open.insert += text
    }
    if (sign !== '-') at += text.length
  }
  return patches
}
