import * as v from 'valibot'
import { AGENT_SETUPS } from '../agents/index.ts'
import { choice, flag, type ParamInfo, paramsOf, type ParamsSchema, text, texts } from '../query/index.ts'

/**
 * Commands about settings. They are no queries: what they tell depends on the variables and the folder of the process that asks, of
 * which a daemon knows nothing, and they work where no ledger is yet.
 */
export interface SettingsCommand {
  path: readonly [string, ...string[]]
  summary: string
  params: ParamsSchema
  examples: string[]
}

const project = flag("the project's .spanledger/config.yaml instead of the home's")

const agent = choice(
  'whose settings',
  'AGENT',
  AGENT_SETUPS.map((setup) => setup.agent) as [string, ...string[]],
  1,
)
const ownProject = flag("the settings of the project in this folder instead of the user's")
const print = flag('shows what would change, and writes nothing')
const yes = flag('writes without asking')

export const SETTINGS = {
  connect: {
    path: ['connect'],
    summary:
      'Makes an agent tell what it does: telemetry and hooks, in its own settings; shows the change and asks first',
    params: v.strictObject({
      agent,
      print,
      yes,
      project: ownProject,
      replace: flag('also settings that say something else now'),
    }),
    examples: [
      'spanledger connect claude-code --print',
      'spanledger connect claude-code',
      'spanledger connect gemini-cli --project --yes',
    ],
  },
  disconnect: {
    path: ['disconnect'],
    summary: 'Undoes connect: to the byte, where nothing else was changed since',
    params: v.strictObject({ agent, print, yes, project: ownProject }),
    examples: ['spanledger disconnect claude-code', 'spanledger disconnect codex --print'],
  },
  doctor: {
    path: ['doctor'],
    summary:
      'What is connected, what arrives, what is missing and what to type; exit code 1 when something needs doing',
    params: v.strictObject({}),
    examples: ['spanledger doctor', 'spanledger doctor --json | jq ".findings[].next"'],
  },
  'config.show': {
    path: ['config', 'show'],
    summary: 'Every setting, its value and where it comes from',
    params: v.strictObject({
      prefix: v.optional(text('only settings under this key, such as telemetry.sampling', 'KEY', 0)),
      all: flag('also what is not set'),
    }),
    examples: [
      'spanledger config show',
      'spanledger config show telemetry.exporters --all',
      'spanledger config show --json',
    ],
  },
  'config.check': {
    path: ['config', 'check'],
    summary: 'What is wrong in the files and variables, with line and what to write instead',
    params: v.strictObject({}),
    examples: ['spanledger config check'],
  },
  'trace.enable': {
    path: ['trace', 'enable'],
    summary: 'Switches recording on, for processes that start from now on',
    params: v.strictObject({
      exporter: v.optional(
        texts('where to: ledger, otlp, jaeger or console; as before unless told', 'EXPORTER'),
      ),
      otlpEndpoint: v.optional(text('an OTLP endpoint, such as http://localhost:4318', 'URL')),
      jaegerEndpoint: v.optional(text("Jaeger's OTLP endpoint; http://localhost:4318 unless told", 'URL')),
      protocol: v.optional(text('http/protobuf, http/json or grpc', 'PROTOCOL')),
      sampleRate: v.optional(
        text('so many of all traces, from 0 to 1; beyond, the nearest of these', 'RATE'),
      ),
      serviceName: v.optional(text('the name of the service', 'NAME')),
      level: v.optional(text('log records at least so severe: trace, debug, info, warn or error', 'LEVEL')),
      project,
    }),
    examples: [
      'spanledger trace enable --exporter ledger',
      'spanledger trace enable --exporter jaeger --sample-rate 0.5 --service-name shop',
      'spanledger trace enable --exporter ledger --exporter otlp --otlp-endpoint https://otlp.example.com --project',
    ],
  },
  'trace.disable': {
    path: ['trace', 'disable'],
    summary: 'Switches recording off, for processes that start from now on',
    params: v.strictObject({ project }),
    examples: ['spanledger trace disable', 'spanledger trace disable --project'],
  },
  'trace.status': {
    path: ['trace', 'status'],
    summary: 'What a process that starts now would record, and where to',
    params: v.strictObject({}),
    examples: ['spanledger trace status', 'spanledger trace status --json'],
  },
  'trace.test': {
    path: ['trace', 'test'],
    summary: 'Sends a trace to where traces go, and finds it again; exit code 1 where it does not',
    params: v.strictObject({}),
    examples: ['spanledger trace test', 'spanledger trace test --json'],
  },
} as const satisfies Record<string, SettingsCommand>

export type SettingsName = keyof typeof SETTINGS

export const settingsParams = (name: SettingsName): ParamInfo[] => paramsOf(SETTINGS[name].params)
