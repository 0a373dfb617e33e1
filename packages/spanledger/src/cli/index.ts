export type { Asker, CliHost, OnSuccess, RunDetached, RunOptions, RunResult } from './host.ts'
export { runCli } from './run-cli.ts'
export { type SettingsName, SETTINGS } from './settings.ts'
export type {
  ConfigAnswer,
  ConfigCheckAnswer,
  ConnectAnswer,
  Destination,
  Finding,
  SettingRow,
  TraceChangeAnswer,
  TraceStatusAnswer,
  TraceTestAnswer,
  TraceTestResult,
} from './settings-answers.ts'
