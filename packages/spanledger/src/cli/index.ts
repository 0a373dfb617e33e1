export type { Asker, CliHost } from './host.ts'
export { runCli } from './run-cli.ts'
