/** What the scripted model answers, request by request: step k to the request that carries k tool results. */
export interface Step {
  /** A shell command for the agent to run; without one the model answers `text` and the turn ends. */
  command?: string
  /** Work for a subagent, which plays the scenario's `delegated` steps. */
  delegate?: string
  text?: string
  /** The command exits with something other than 0. */
  fails?: boolean
  /** How long the model thinks. */
  delayMs?: number
}

export interface Usage {
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
}

export interface Scenario {
  name: string
  steps: Step[]
  delegated?: Step[]
  /** Told with every answer, in the provider's own way of counting. */
  usage: Usage
}

const small: Usage = { input: 120, cacheRead: 50, cacheWrite: 10, output: 42, reasoning: 7 }

export const SCENARIOS: readonly Scenario[] = [
  { name: 'echo', steps: [{ command: 'echo hello from the model' }, { text: 'All done.' }], usage: small },
  {
    name: 'fix-a-bug',
    steps: [
      { command: 'ls -la && git log --oneline | head -5' },
      { command: 'cat sum.js && node --test 2>&1 | tail -15', delayMs: 150 },
      { command: "sed -i.bak 's/a - b/a + b/' sum.js && node --test 2>&1 | tail -8", delayMs: 250 },
      {
        command:
          "git add -A && git -c user.name=agent -c user.email=agent@example.invalid commit -qm 'fix: sum adds' && git rev-parse HEAD",
      },
      { text: 'Fixed: sum() subtracted. The test passes and the change is committed.' },
    ],
    usage: { input: 2400, cacheRead: 1800, cacheWrite: 350, output: 180, reasoning: 64 },
  },
  {
    name: 'flaky-tool',
    steps: [
      { command: 'test -f no-such-file || exit 3', fails: true },
      { command: 'test -f no-such-file || exit 3', fails: true },
      { command: 'touch no-such-file && ls no-such-file' },
      { text: 'Third time lucky.' },
    ],
    usage: small,
  },
]

/** Only for agents that offer subagents in a headless run. */
export const DELEGATE: Scenario = {
  name: 'delegate',
  steps: [{ delegate: 'Look into the folder.' }, { text: 'The helper looked.' }],
  delegated: [{ command: 'ls' }, { command: 'exit 4', fails: true }, { text: 'Three files.' }],
  usage: small,
}

const FAILING: Step = { command: 'node --test no-such-test.js || exit 3', fails: true, delayMs: 900 }
const LOOKING: Step = { command: 'cat sum.js', delayMs: 900 }

/** An agent that gets nowhere: as long as it takes until every agent's exporter has delivered. */
export const LOOP: Scenario = {
  name: 'loop',
  steps: [...Array.from({ length: 18 }, () => FAILING), { text: 'I give up.' }],
  usage: small,
}

/** The same in turn with another call: Gemini CLI ends by itself at the fifth that is the same in a row. */
export const LOOP_OF_TWO: Scenario = {
  name: 'loop-of-two',
  steps: [...Array.from({ length: 9 }, () => [FAILING, LOOKING]).flat(), { text: 'I give up.' }],
  usage: small,
}

export const PROMPT = 'Find out why the test fails, fix it and commit.'
