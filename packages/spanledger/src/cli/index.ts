export type { Asker, CliHost, RunOptions, RunResult } from './host.ts'
export { runCli } from './run-cli.ts'
