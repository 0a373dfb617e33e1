import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'smol-toml'
import { AGENT_SETUPS, type Setting } from '../agents/index.ts'
import { hookCommand } from '../hooks/index.ts'
import { JsonText } from './json-edit.ts'
import { parseJsonc, valueOf } from './jsonc.ts'
import { planConnect, planDisconnect } from './plan.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
const RUNS = { seed: SEED, numRuns: Number(process.env['FUZZ_SEEDS'] ?? 150) }

const place = {
  userHome: '/home/ada',
  env: {},
  endpoint: 'http://127.0.0.1:4318',
  hook: (name: string) => hookCommand('/home/ada/.spanledger/hooks/record.sh', 'an-agent', name),
  hookMark: '/home/ada/.spanledger/hooks/record.sh',
}
const settings = AGENT_SETUPS.flatMap((setup) => setup.settings(place))
const JSON_SETTINGS = settings.filter(
  (setting): setting is Setting & { format: 'jsonc' } => setting.format === 'jsonc',
)
const TOML = settings.find((setting): setting is Setting & { format: 'toml' } => setting.format === 'toml')!

/** Keys that agents' settings have, so that ours meet some of them. */
const key = fc.oneof(
  fc.constantFrom(
    'env',
    'hooks',
    'telemetry',
    'PostToolUse',
    'Stop',
    'enabled',
    'OTEL_LOGS_EXPORTER',
    'version',
    'mine',
  ),
  fc.string({ maxLength: 4 }),
)
const scalar = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant('otlp'),
)
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
}))['object'] as fc.Arbitrary<Record<string, unknown>>

const space = fc.constantFrom(
  '',
  ' ',
  '\n',
  '\n  ',
  '\t',
  ' // a note, { "not": [json] }\n',
  '/* so: */',
  '\n\n',
)

/** The value as a person may have written it: spaces and comments anywhere, commas behind the last. */
const written = fc
  .tuple(json, fc.array(space, { minLength: 40, maxLength: 40 }), fc.boolean())
  .map(([value, spaces, comma]) => {
    let i = 0
    const gap = (): string => spaces[i++ % spaces.length]!
    const show = (part: unknown): string => {
      if (typeof part !== 'object' || part === null) return JSON.stringify(part)
      const inner = Array.isArray(part)
        ? part.map((item) => gap() + show(item) + gap())
        : Object.entries(part).map(
            ([name, item]) => `${gap()}${JSON.stringify(name)}${gap()}:${gap()}${show(item)}${gap()}`,
          )
      const text = inner.join(',') + (comma && inner.length > 0 ? `,${gap()}` : '')
      return Array.isArray(part) ? `[${text}]` : `{${text}}`
    }
    return gap() + show(value) + gap()
  })
const text = fc.oneof(
  written,
  json.map((value) => JSON.stringify(value, null, 2)),
  fc.constantFrom('', '\n', '// nothing\n', '{}', '{ }\n'),
)

const parsed = (of: string): unknown => {
  const root = parseJsonc('file', of)
  return root && valueOf(root)
}

/** Comments, in order. */
const comments = (of: string): string[] => of.match(/\/\/ a note.*|\/\* so: \*\//g) ?? []

describe(`settings in JSON (seed ${SEED})`, () => {
  it('are to the byte what they were, once they are disconnected', () => {
    fc.assert(
      fc.property(fc.constantFrom(...JSON_SETTINGS), text, fc.boolean(), (setting, before, replace) => {
        const there = planConnect(setting, before, undefined, replace)
        expect(planDisconnect(setting, there.after, there.record).after).toBe(before)
      }),
      RUNS,
    )
  })

  it('say what is wanted, or tell what is in the way; all else stays, comments too', () => {
    fc.assert(
      fc.property(fc.constantFrom(...JSON_SETTINGS), text, (setting, before) => {
        const { after, kept } = planConnect(setting, before, undefined, false)
        const now = new JsonText('file', after!)
        const inTheWay = (path: readonly string[]): boolean =>
          kept.some((one) => one.path.every((part, i) => part === path[i]))
        for (const { path, value } of setting.set.filter((one) => !inTheWay(one.path)))
          expect(now.get(path)).toEqual(value)
        for (const { path, item } of setting.add.filter((one) => !inTheWay(one.path)))
          expect(now.get(path)).toContainEqual(item)
        for (const { path, found } of kept)
          expect(path.length === 0 ? parsed(after!) : now.get(path)).toEqual(found)
        expect(comments(after!)).toEqual(comments(before))
        const was = parsed(before)
        const isObject = typeof was === 'object' && was !== null && !Array.isArray(was)
        const touched = new Set([...setting.set, ...setting.add].map(({ path }) => path[0]))
        for (const [name, value] of Object.entries(isObject ? was : {}).filter(([one]) => !touched.has(one)))
          expect(now.get([name])).toEqual(value)
      }),
      RUNS,
    )
  })

  it('are the same connected twice', () => {
    fc.assert(
      fc.property(fc.constantFrom(...JSON_SETTINGS), text, (setting, before) => {
        const once = planConnect(setting, before, undefined, false)
        const twice = planConnect(setting, once.after, once.record, false)
        expect(twice.after).toBe(once.after)
        expect(planConnect(setting, once.after, undefined, false).after).toBe(once.after)
      }),
      RUNS,
    )
  })

  it('lose what was put in and nothing else, where the user changed them meanwhile', () => {
    fc.assert(
      fc.property(fc.constantFrom(...JSON_SETTINGS), text, json, (setting, before, more) => {
        const there = planConnect(setting, before, undefined, false)
        const edited = new JsonText('file', there.after!)
        const added = `added since ${Object.keys(more).length}`
        if (edited.set([added], more as never, false) !== undefined) return
        const after = planDisconnect(setting, edited.text, there.record).after!
        expect(parsed(after)).toEqual({ ...(parsed(before) as object), [added]: more })
        expect(comments(after)).toEqual(comments(before))
      }),
      RUNS,
    )
  })
})

describe(`settings in TOML (seed ${SEED})`, () => {
  const line = fc.constantFrom(
    'model = "gpt"',
    '# a comment',
    '',
    '[otel]',
    'environment = "dev"',
    '[otel.exporter.otlp-http]',
    'endpoint = "http://elsewhere:4318/v1/logs"',
    'otel = { log_user_prompt = true }',
    'trace_exporter = "none"',
    '[profiles."a.b"]',
    'notify = [\n  "a", # ]\n  "b"\n]',
    'text = """\n[otel.exporter]\n"""',
    'otel.metrics_exporter = { otlp-http = { endpoint = "x", protocol = "json" } }',
  )
  const toml = fc
    .tuple(fc.array(line, { maxLength: 7 }), fc.constantFrom('', '\n', '\r\n'))
    .map(([lines, end]) => lines.join('\n') + end)
    .filter((of) => {
      try {
        parse(of)
        return true
      } catch {
        return false
      }
    })

  it('are to the byte what they were, once they are disconnected', () => {
    fc.assert(
      fc.property(toml, fc.boolean(), (before, replace) => {
        const there = planConnect(TOML, before, undefined, replace)
        parse(there.after!)
        expect(planConnect(TOML, there.after, there.record, replace).after).toBe(there.after)
        expect(planDisconnect(TOML, there.after, there.record).after).toBe(before)
      }),
      RUNS,
    )
  })

  it('say what is wanted once the user agrees to it', () => {
    fc.assert(
      fc.property(toml, (before) => {
        const { after, kept } = planConnect(TOML, before, undefined, true)
        const otel = (parse(after!) as { otel: Record<string, Record<string, unknown>> }).otel
        const said = TOML.tables.map(({ path }) => otel[path[1]!]?.[path[2]!])
        const wanted = TOML.tables.map(({ keys }) => keys)
        // Tables cannot be added to a value that is written as one.
        expect(kept.length > 0 ? before.includes('otel = {') : said).toEqual(kept.length > 0 ? true : wanted)
      }),
      RUNS,
    )
  })

  it('lose what was put in and nothing else, where the user changed them meanwhile', () => {
    fc.assert(
      fc.property(toml, (before) => {
        const there = planConnect(TOML, before, undefined, false)
        const edited = `# mine\n${there.after}`
        const after = planDisconnect(TOML, edited, there.record).after!
        expect(parse(after)).toEqual(parse(before))
        expect(after.replace('# mine\n', '').trimEnd()).toBe(before.trimEnd())
      }),
      RUNS,
    )
  })
})
