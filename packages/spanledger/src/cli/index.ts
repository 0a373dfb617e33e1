export { EXIT, type ExitCode } from './exit-code.ts'
export type { Asker, CliHost, Sink, UpOptions } from './host.ts'
export { runCli } from './run-cli.ts'
