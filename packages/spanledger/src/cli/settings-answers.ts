/** Something in a file or variable that is not used as it stands. */
export interface Finding {
  /** `/path/config.yaml:3`, or the name of a variable. */
  where: string
  code: string
  message: string
  next: string
}

export interface SettingRow {
  /** The path in config.yaml. */
  key: string
  /** Secrets as `***`; null where nothing is set and nothing stands for it. */
  value: unknown
  /** File and line, variable, or default and why. */
  source: string
  isDefault: boolean
}

interface ConfigFile {
  kind: 'project' | 'home'
  file: string
  found: boolean
}

export interface ConfigAnswer {
  settings: SettingRow[]
  files: ConfigFile[]
  findings: Finding[]
}

export interface ConfigCheckAnswer {
  ok: boolean
  files: ConfigFile[]
  findings: Finding[]
}

export interface Destination {
  exporter: 'ledger' | 'otlp' | 'console'
  /** The home's folder, an address, or standard error. */
  to: string
  protocol?: string
}

/** What a process that starts now, in this folder and with these variables, would record and where to. */
export interface TraceStatusAnswer {
  enabled: boolean
  enabledBy: string
  service: string | null
  level: string
  sampler: string
  probability: number
  destinations: { traces: Destination[]; metrics: Destination[]; logs: Destination[] }
  /** What a TypeScript program has to install for that. */
  packages: string[]
  files: ConfigFile[]
  findings: Finding[]
}

/** What became of a trace that was sent to one destination. */
export interface TraceTestResult extends Destination {
  ok: boolean
  traceId: string
  /** How it is known that it arrived; null when it did not. */
  how: 'read from the ledger' | 'accepted by the collector' | 'found by the daemon' | 'printed' | null
  problem: string | null
  /** What to do about the problem. */
  next: string | null
  tookMs: number
}

export interface TraceTestAnswer {
  ok: boolean
  results: TraceTestResult[]
  /** What to do where nothing was sent. */
  next: string | null
  findings: Finding[]
}

export interface TraceChangeAnswer {
  file: string
  written: { key: string; value: string | number | boolean }[]
  /** What was asked for but does not come out so, with what decides instead. */
  overridden: { key: string; value: unknown; source: string }[]
  /** What was taken otherwise than it was asked for, one line each. */
  notes: string[]
  status: TraceStatusAnswer
}

/** What becomes, or became, of the settings of one agent. */
export interface ConnectAnswer {
  agent: string
  title: string
  /** The folder of the project; null for the user's own settings. */
  project: string | null
  /** False where it was only shown. */
  written: boolean
  files: {
    file: string
    change: 'create' | 'edit' | 'remove' | 'none'
    /** As `diff -u` tells it. */
    diff: string
    /** The user's own, which stand where ours should and stay: `path` of keys, and what is there. When disconnected, what could not be undone. */
    kept: { path: string[]; found: unknown }[]
  }[]
  /** For the user's shell: what no file can hold; null where nothing is missing. */
  alias: string | null
  /** What a person still has to do, one line each. */
  next: string[]
}

/** What an agent's settings say of telemetry or of hooks. */
export type ConnectedState =
  | 'yes'
  /** Some of it: of another version of ours, or edited since. */
  | 'part'
  /** Something else stands there. */
  | 'differs'
  | 'no'
  /** It has none. */
  | 'none'
  /** Variables alone switch it on: no file tells. */
  | 'variables'

export interface DoctorAgent {
  agent: string
  title: string
  installed: { path: string; version: string | null } | null
  telemetry: ConnectedState
  hooks: ConnectedState
  /** In the last day. */
  arrived: { sessions: number; telemetry: number; hooks: number; transcripts: number; lastAt: string | null }
}

export interface DoctorAnswer {
  /** Nothing needs doing. */
  ok: boolean
  home: { dir: string; writable: boolean }
  /** Null where none runs. */
  daemon: { pid: number; otlpHttpPort: number; otlpGrpcPort: number; port: number } | null
  spool: { waiting: number; aside: number; missed: number }
  agents: DoctorAgent[]
  /** What needs doing. */
  findings: Finding[]
  /** What could be done. */
  hints: Finding[]
}
