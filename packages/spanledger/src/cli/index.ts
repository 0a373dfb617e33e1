export type {
  Asker,
  CliHost,
  CommandTrace,
  OnSuccess,
  RunDetached,
  RunOptions,
  RunResult,
  Traced,
  TracedCommand,
} from './host.ts'
export { runCli } from './run-cli.ts'
export { type SettingsName, SETTINGS } from './settings.ts'
export type {
  ConfigAnswer,
  ConfigCheckAnswer,
  ConnectAnswer,
  ConnectedState,
  Destination,
  DoctorAgent,
  DoctorAnswer,
  Finding,
  SettingRow,
  TraceChangeAnswer,
  TraceStatusAnswer,
  TraceTestAnswer,
  TraceTestResult,
} from './settings-answers.ts'
