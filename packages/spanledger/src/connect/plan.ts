import type { Json, Setting } from '../agents/index.ts'
import { type FileRecord, sha256 } from './journal.ts'
import { type InTheWay, JsonText } from './json-edit.ts'
import { parseJsonc } from './jsonc.ts'
import { applyPatches, wayBack } from './patch.ts'
import { addTables, parseToml, removeStatements, removeTables } from './toml-edit.ts'

/** What becomes of one file; `undefined` where it is not there. */
export interface FilePlan {
  file: string
  before: string | undefined
  after: string | undefined
  /** The user's own, which stands where ours should, and stays; when disconnected, what was changed too much to take ours out. */
  kept: InTheWay[]
  /** Undefined where nothing of ours is in it afterwards. */
  record: FileRecord | undefined
}

/**
 * A file as it is to be. Whatever was put in before goes first, so that connecting twice is connecting once.
 *
 * replace  also what the user set to something else
 * Errors   SettingsError: a file that cannot be read is left alone
 */
export function planConnect(
  setting: Setting,
  before: string | undefined,
  record: FileRecord | undefined,
  replace: boolean,
): FilePlan {
  const { file } = setting
  const base = record === undefined ? before : without(record, before, setting)
  const kept: InTheWay[] = []
  const draft: FileRecord = {
    file,
    existed: base !== undefined,
    sha256: '',
    back: [],
    added: [],
    replaced: [],
    lists: [],
    made: [],
  }
  const after = EDITORS[setting.format](setting as never, base, { replace, kept, draft })
  if (after === base) return { file, before, after: base, kept, record: undefined }
  // Nobody's settings are written over with what their agent could not read.
  if (setting.format === 'jsonc') parseJsonc(file, after!)
  if (setting.format === 'toml') parseToml(file, after!)
  return {
    file,
    before,
    after,
    kept,
    record: { ...draft, sha256: sha256(after!), back: wayBack(base ?? '', after!) },
  }
}

/** The file without what was put in: to the byte where nothing else was changed since. Errors: SettingsError. */
export function planDisconnect(
  setting: Setting,
  before: string | undefined,
  record: FileRecord | undefined,
): FilePlan {
  const { file } = setting
  const after =
    record !== undefined
      ? without(record, before, setting)
      : before === undefined
        ? undefined
        : dropped(setting, before)
  // What is written as a whole has no part of ours to take out.
  const stays = setting.format === 'own' && after !== undefined
  return { file, before, after, kept: stays ? [{ path: [], found: after }] : [], record: undefined }
}

interface Editing {
  replace: boolean
  kept: InTheWay[]
  draft: FileRecord
}

type Of<Format extends Setting['format']> = Extract<Setting, { format: Format }>

const EDITORS: {
  [Format in Setting['format']]: (
    setting: Of<Format>,
    base: string | undefined,
    editing: Editing,
  ) => string | undefined
} = {
  jsonc(setting, base, { replace, kept, draft }) {
    const json = new JsonText(setting.file, base ?? '')
    const noteMade = (path: readonly string[]): void => {
      for (let length = 1; length <= path.length; length++) {
        const above = path.slice(0, length)
        const isNoted = draft.made.some((one) => one.join('\0') === above.join('\0'))
        if (!isNoted && json.get(above) === undefined) draft.made.push(above)
      }
    }
    for (const { path, value } of setting.set) {
      const was = json.get(path)
      noteMade(path.slice(0, -1))
      const inTheWay = json.set(path, value, replace)
      if (inTheWay !== undefined) kept.push(inTheWay)
      else if (was === undefined) draft.added.push({ path, value })
      else if (JSON.stringify(was) !== JSON.stringify(value))
        draft.replaced.push({ path, was: was as Json, value })
    }
    for (const { path, item, mark } of setting.add) {
      noteMade(path)
      const inTheWay = json.add(path, item, mark)
      if (inTheWay !== undefined) kept.push(inTheWay)
      else draft.lists.push({ path, mark })
    }
    return base === undefined && json.text === '' ? undefined : json.text
  },
  toml(setting, base = '', { replace, kept }) {
    const parsed = parseToml(setting.file, base)
    const theirs: string[][] = []
    const tables = setting.tables.filter(({ path, keys }) => {
      const above = path.slice(0, -1)
      const found = at(parsed, above)
      if (found === undefined) return true
      if (JSON.stringify(at(parsed, path)) === JSON.stringify(keys)) return false
      if (replace) theirs.push(above)
      else kept.push({ path: above, found })
      return replace
    })
    const text = addTables(theirs.length === 0 ? base : removeStatements(base, theirs), tables)
    try {
      parseToml(setting.file, text)
      return text
    } catch {
      // Tables cannot be added to a value that is written as `otel = { ... }`.
      kept.push({ path: ['otel'], found: at(parsed, ['otel']), blocks: true })
      return base
    }
  },
  own(setting, base, { replace, kept }) {
    if (base === undefined || base === setting.text || replace) return setting.text
    kept.push({ path: [], found: base, blocks: true })
    return base
  },
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  )

function without(record: FileRecord, current: string | undefined, setting: Setting): string | undefined {
  if (current === undefined) return undefined
  if (sha256(current) === record.sha256) {
    const text = applyPatches(current, record.back)
    return text === '' && !record.existed ? undefined : text
  }
  if (setting.format === 'own') return current
  if (setting.format === 'toml') return removeTables(current)
  const json = new JsonText(record.file, current)
  for (const { path, value } of record.added) json.unset(path, value)
  for (const { path, was, value } of record.replaced)
    if (JSON.stringify(json.get(path)) === JSON.stringify(value)) json.set(path, was, true)
  for (const { path, mark } of record.lists) json.drop(path, mark)
  for (const path of record.made.toReversed()) json.prune(path)
  return json.text
}

/** Where nothing is known of what was done: what is ours by its looks. */
function dropped(setting: Setting, current: string): string | undefined {
  if (setting.format === 'own') return current === setting.text ? undefined : current
  if (setting.format === 'toml') return removeTables(current)
  const json = new JsonText(setting.file, current)
  for (const { path, mark } of setting.add) json.drop(path, mark)
  return json.text
}
