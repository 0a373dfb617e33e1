import { join } from 'node:path'
import { type Platform, readWhole } from '@spanledger/sdk/platform'
import * as v from 'valibot'
import { isMap, parseDocument, stringify } from 'yaml'
import { DEFAULT_POLICIES, type Policies } from './policies.ts'
import { PRIORITIES } from './words.ts'

export const POLICIES_FILE = 'policies.yaml'

/** The file cannot be used; until it is mended no claim is decided, since a limit nobody can read is no limit. */
class PoliciesError extends Error {
  readonly code = 'POLICIES_INVALID'
  readonly file: string
  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`)
    this.file = file
  }
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1))
const dollars = v.pipe(v.number(), v.minValue(0.01))
const amount = v.pipe(v.number(), v.minValue(0.1))
const schema = v.strictObject({
  leaseMinutes: v.optional(amount),
  wipLimit: v.optional(count),
  agentWipLimit: v.optional(count),
  storyPointsMax: v.optional(amount),
  teams: v.optional(
    v.record(v.string(), v.strictObject({ wipLimit: v.optional(count), capacity: v.optional(amount) })),
  ),
  agents: v.optional(v.array(v.string())),
  priorities: v.optional(v.record(v.string(), v.picklist(PRIORITIES))),
  budgets: v.optional(
    v.record(
      v.pipe(
        v.string(),
        v.regex(
          /^(everything|(task|team|agent) \S.*)$/,
          'expected "everything", "task ID", "team NAME" or "agent NAME"',
        ),
      ),
      v.strictObject({
        day: v.optional(dollars),
        week: v.optional(dollars),
        month: v.optional(dollars),
        total: v.optional(dollars),
      }),
    ),
  ),
})

type Parsed = v.InferOutput<typeof schema>

/** A file that changed less long ago may change again without looking changed. */
const SETTLED_MS = 1_000

/** Reads policies: a file that looks as it did is not read again, since every decision asks. */
export class PolicyFiles {
  readonly #platform: Platform
  readonly #kept = new Map<string, { mark: string; parsed: Parsed }>()

  constructor(platform: Platform) {
    this.#platform = platform
  }

  /** Those of the home, over them those of the folder of tasks. Errors  PoliciesError; the system's */
  async load(folders: readonly string[]): Promise<Policies> {
    let policies = DEFAULT_POLICIES
    for (const folder of folders) {
      const parsed = await this.#read(join(folder, POLICIES_FILE))
      if (parsed === undefined) continue
      const { teams, priorities, budgets, ...rest } = parsed
      policies = {
        ...policies,
        ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
        teams: { ...policies.teams, ...teams },
        priorities: { ...policies.priorities, ...priorities },
        budgets: { ...policies.budgets, ...budgets },
      }
    }
    return policies
  }

  async #read(file: string): Promise<Parsed | undefined> {
    const { clock, files } = this.#platform
    const stat = await files.stat(file)
    if (stat === undefined) return undefined
    const mark = `${stat.bytes} ${stat.modifiedMs} ${stat.changedMs}`
    const kept = this.#kept.get(file)
    if (kept?.mark === mark) return kept.parsed
    const text = await textOf(this.#platform, file)
    if (text === undefined) return undefined
    const parsed = parsePolicies(file, text)
    if (clock.nowMs() - stat.changedMs > SETTLED_MS) this.#kept.set(file, { mark, parsed })
    return parsed
  }
}

export async function textOf(platform: Platform, path: string): Promise<string | undefined> {
  const bytes = await readWhole(platform.files, path)
  return bytes && new TextDecoder().decode(bytes)
}

function parsePolicies(file: string, text: string): Parsed {
  const document = parseDocument(text, { logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) throw new PoliciesError(file, error.message.split('\n')[0]!)
  const result = v.safeParse(schema, document.toJS({ maxAliasCount: 50 }) ?? {})
  if (result.success) return result.output
  const issue = result.issues[0]
  const at = v.getDotPath(issue) ?? '(top level)'
  throw new PoliciesError(
    file,
    issue.type === 'strict_object' && issue.expected === 'never'
      ? `unknown key ${at}`
      : `${at}: expected ${issue.expected ?? 'something else'}, found ${issue.received}`,
  )
}

/**
 * The same file with settings of a team, or a budget, changed; comments and everything else stay.
 *
 * @param settings undefined leaves one as it is, null takes it away
 * Errors  PoliciesError
 */
export function withSettings(
  file: string,
  text: string,
  [section, name]: readonly ['teams' | 'budgets', string],
  settings: { readonly [key: string]: number | null | undefined },
): string {
  parsePolicies(file, text)
  const document = parseDocument(text)
  // A file of comments alone: they stay, and the settings stand below.
  if (!isMap(document.contents)) {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null)
    return given.length === 0 ? text : text + stringify({ [section]: { [name]: Object.fromEntries(given) } })
  }
  for (const [key, value] of Object.entries(settings)) {
    if (value === null) document.deleteIn([section, name, key])
    else if (value !== undefined) {
      if (!isMap(document.getIn([section, name]))) document.setIn([section, name], document.createNode({}))
      document.setIn([section, name, key], value)
    }
  }
  return document.toString({ lineWidth: 0 })
}
