import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentsBin } from './install.ts'
import { type ModelServer, startModelServer } from './model-server.ts'
import { makeRepository } from './repository.ts'
import type { Scenario } from './scenarios.ts'

/**
 * Three tasks, three real agents in three worktrees at once: one fails and is tried again, two change the same line.
 * docs/guides/three-agents.md is this, told: THREE_AGENTS_STORY=FILE writes what was typed and answered, and leaves the ledger.
 */
const PROGRAM = fileURLToPath(new URL('../../packages/spanledger/bin/spanledger.js', import.meta.url))
const PROMPT = 'Find out why the test fails, fix it and commit.'
const USAGE = { input: 2400, cacheRead: 1800, cacheWrite: 350, output: 180, reasoning: 64 }

/** So long two agents are at it: worktrees are compared for the first time after ten seconds. */
const WORKS_S = 10

const commit = (message: string): string =>
  `git add -A && git -c user.name=agent -c user.email=agent@example.invalid commit -qm '${message}'`

const scenario = (name: string, change: string, seconds: number): Scenario => ({
  name,
  steps: [
    { command: 'cat sum.js && node --test 2>&1 | tail -15' },
    { command: change, delayMs: 100 },
    { command: commit(name), delayMs: seconds * 1_000 },
    { text: 'Done, and committed.' },
  ],
  usage: USAGE,
})

interface Work {
  agent: string
  title: string
  branch: string
  scenario: Scenario
  /** The model refuses so many requests first, so that the agent fails. */
  refuses: number
  command(bin: string, model: string, home: string): { words: string[]; env: Record<string, string> }
}

const WORK: Work[] = [
  {
    agent: 'codex',
    title: 'Sum adds',
    branch: 'sum-adds',
    scenario: scenario('fix: sum adds', "sed -i.bak 's/a - b/a + b/' sum.js; rm sum.js.bak", WORKS_S),
    refuses: 0,
    command(bin, model, home) {
      settings(
        home,
        '.codex/config.toml',
        `model = "gpt-scripted"\nmodel_provider = "scripted"\n[model_providers.scripted]\nname = "scripted"\n` +
          `base_url = "${model}/v1"\nenv_key = "SCRIPTED_KEY"\nwire_api = "responses"\nsupports_websockets = false\n`,
      )
      const words = ['exec', '--skip-git-repo-check', '--sandbox', 'danger-full-access', PROMPT]
      return { words: [join(bin, 'codex'), ...words], env: { SCRIPTED_KEY: 'not-a-key' } }
    },
  },
  {
    agent: 'gemini-cli',
    title: 'Sum is fast',
    branch: 'sum-is-fast',
    scenario: scenario(
      'perf: sum without branches',
      "sed -i.bak 's/a - b/b - -a/' sum.js; rm sum.js.bak",
      WORKS_S,
    ),
    refuses: 0,
    command(bin, model, home) {
      const security = { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } }
      const general = { enableAutoUpdate: false }
      settings(home, '.gemini/settings.json', JSON.stringify({ security, general }))
      const env = { GEMINI_API_KEY: 'not-a-key', GOOGLE_GEMINI_BASE_URL: model }
      return { words: [join(bin, 'gemini'), '-p', PROMPT, '--yolo'], env }
    },
  },
  {
    agent: 'claude-code',
    title: 'Sum is documented',
    branch: 'sum-is-documented',
    scenario: scenario('docs: say what sum does', "echo 'sum adds' > README.md", 0),
    refuses: 1,
    command: (bin, model) => ({
      words: [join(bin, 'claude'), '-p', PROMPT, '--allowedTools', 'Bash'],
      env: { ANTHROPIC_BASE_URL: model, ANTHROPIC_API_KEY: 'not-a-key', DISABLE_AUTOUPDATER: '1' },
    }),
  },
]

function settings(home: string, file: string, text: string): void {
  mkdirSync(dirname(join(home, file)), { recursive: true })
  writeFileSync(join(home, file), text)
}

let folder: string
let repository: string
const models: ModelServer[] = []
const story: string[] = []

/** What a person would type, in the repository; answers what is printed, or the answer as JSON. */
function type(words: string[], { json = false } = {}): string {
  const args = [PROGRAM, ...words, ...(json ? ['--json'] : [])]
  const env = { ...process.env, SPANLEDGER_HOME: join(folder, 'ledger'), COLUMNS: '120' }
  const printed = execFileSync(process.execPath, args, { cwd: repository, env, encoding: 'utf8' })
  if (!json) story.push(`$ spanledger ${words.map(quoted).join(' ')}\n${printed}`)
  return printed
}
const quoted = (word: string): string => (/^[\w./:@+-]+$/.test(word) ? word : `'${word}'`)
const ask = (...words: string[]): any => JSON.parse(type(words, { json: true }))

/** `spanledger run` as a process of its own, with a home of its own for the agent. */
function run(work: Work, task: string, model: ModelServer): Promise<number | null> {
  const home = mkdtempSync(join(folder, 'home-'))
  const { words, env } = work.command(agentsBin(), model.url, home)
  const options = ['run', '--task', task, '--worktree', work.branch, '--retries', '1']
  story.push(`$ spanledger ${options.join(' ')} -- ${work.agent} ... &\n`)
  const child = spawn(process.execPath, [PROGRAM, ...options, '--', ...words], {
    cwd: repository,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      SPANLEDGER_HOME: join(folder, 'ledger'),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const ours = text.split('\n').filter((line) => line.startsWith('spanledger:'))
    if (ours.length > 0) story.push(`${ours.join('\n')}\n`)
  })
  return new Promise((resolve) => child.once('close', resolve))
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-three-'))
  repository = join(folder, 'repository')
  makeRepository(repository)
  mkdirSync(join(repository, '.tasks'))
})
afterAll(async () => {
  await Promise.all(models.map((model) => model.close()))
  const file = process.env['THREE_AGENTS_STORY']
  if (file) writeFileSync(file, `${folder}\n${story.join('\n').replaceAll(folder, '~')}`)
  else rmSync(folder, { recursive: true, force: true })
})

it('three tasks cost what their agents were told, in worktrees of their own', async () => {
  const tasks: string[] = []
  for (const { title } of WORK) {
    type(['task', 'create', title])
    tasks.push(
      (ask('task', 'list').rows as { id: string; title: string }[]).find((row) => row.title === title)!.id,
    )
  }
  const codes = await Promise.all(
    WORK.map(async (work, i) => {
      const model = await startModelServer(work.scenario, { refuses: work.refuses })
      models[i] = model
      return run(work, tasks[i]!, model)
    }),
  )
  expect(codes).toEqual([0, 0, 0])
  // Noticed while they worked, and told at the end of each.
  expect(story.filter((told) => told.includes('collide (merge-conflict)')).length).toBeGreaterThan(0)

  // What it cost, by task, is what the models told, to the token.
  type(['cost', '--by', 'task'])
  const costs = (): Record<string, object> =>
    Object.fromEntries(
      (ask('cost', '--by', 'task').rows as { key: string; modelCalls: number; tokens: object }[]).map(
        ({ key, modelCalls, tokens }) => [key, { modelCalls, tokens }],
      ),
    )
  const truth: Record<string, { modelCalls: unknown; tokens: object }> = Object.fromEntries(
    tasks.map((task, i) => {
      const told = models[i]!.truth
      const sum = (part: keyof typeof USAGE): number =>
        told.reduce((all, { tokens }) => all + tokens[part], 0)
      const tokens = Object.fromEntries(
        (['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const).map((part) => [
          part,
          sum(part),
        ]),
      )
      return [task, { modelCalls: expect.any(Number), tokens }]
    }),
  )
  expect(costs()).toEqual(truth)

  // Two changed the same line, each on a branch of its own.
  type(['worktree', 'conflicts'])
  const { collisions } = ask('worktree', 'conflicts') as {
    collisions: { worktrees: string[]; grade: string; files: { path: string }[] }[]
  }
  expect(collisions).toHaveLength(1)
  expect(collisions[0]!.worktrees.toSorted()).toEqual(['sum-adds', 'sum-is-fast'])

  // The one that failed was tried again, under one run; each task is done, by whoever claimed it.
  type(['sessions'])
  const sessions = ask('sessions').rows as {
    id: string
    agent: string
    run: string
    status: string
    startedAt: string
  }[]
  const claude = sessions.filter(({ agent }) => agent === 'claude-code')
  expect(claude.length).toBeGreaterThan(1)
  expect(new Set(claude.map((one) => one.run)).size).toBe(1)
  expect(new Set(sessions.map(({ status }) => status))).toEqual(new Set(['completed']))
  type(['task', 'list'])
  const listed = ask('task', 'list').rows as { status: string }[]
  expect(listed.map(({ status }) => status)).toEqual(['done', 'done', 'done'])

  // Why it cost that, and which commits came of it.
  type(['cost', 'task', tasks[2]!])
  expect(ask('cost', 'task', tasks[2]!)).toMatchObject({ total: { tokens: truth[tasks[2]!]!.tokens } })
  type(['commits'])
  const commits = ask('commits').rows as {
    subject: string
    candidates: { session: string; score: number }[]
  }[]
  for (const { scenario: told, agent } of WORK) {
    const [best] = commits.find(({ subject }) => subject === told.name)!.candidates
    expect(sessions.find(({ id }) => id === best!.session)!.agent).toBe(agent)
  }
  type(['worktree', 'status'])

  // A task's state at moments that are over, and everything again without what is derived.
  const { startedAt } = sessions.find(({ agent }) => agent === 'codex')!
  type(['state', 'task', tasks[0]!, '--at', startedAt])
  expect(ask('state', 'task', tasks[0]!, '--at', startedAt)).toMatchObject({ status: 'in_progress' })
  expect(ask('state', 'task', tasks[0]!, '--at', '+0s')).toMatchObject({ status: 'todo' })
  type(['state', 'diff', 'task', '--from', startedAt])
  const answers = (): string[] => [
    type(['cost', '--by', 'task'], { json: true }),
    type(['cost', 'task', tasks[2]!], { json: true }),
    type(['sessions'], { json: true }),
    type(['task', 'list'], { json: true }),
    type(['state', 'task', tasks[0]!, '--at', startedAt], { json: true }),
  ]
  const before = answers()
  rmSync(join(folder, 'ledger', 'index'), { recursive: true })
  story.push('$ rm -r ~/.spanledger/index\n')
  expect(answers()).toEqual(before)
  type(['cost', '--by', 'task'])
})
