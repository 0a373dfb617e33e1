import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { paramsOf, QUERIES, queryNamed, type QueryName } from '../query/index.ts'
import { ASKING, type AskingCommand, GROUPS } from './commands.ts'
import { ON_SUCCESS, type RunOptions, type UpOptions } from './host.ts'
import { addParams, paramsGiven, port, stopReason, tries } from './options.ts'
import { SETTINGS, type SettingsName, settingsParams } from './settings.ts'

/** What the program does with a command line that it understood. */
export interface Actions {
  ask(query: QueryName, params: Record<string, unknown>, globals: Globals): Promise<void>
  up(options: Omit<UpOptions, 'home' | 'json'>, globals: Globals): Promise<void>
  settings(name: SettingsName, params: Record<string, unknown>, globals: Globals): Promise<void>
  run(options: Omit<RunOptions, 'home'>, globals: Globals): Promise<void>
  demo(globals: Globals): Promise<void>
  completion(shell: string): Promise<void>
}

export interface Globals {
  home?: string
  json?: true
  color?: boolean
}

const AFTER = `
Times     90s, 2h, 3d, 1w (ago), today, yesterday, 2026-11-21, 2026-11-21T09:30:00Z
Exit code 0 done, 1 the answer is a failure, 2 the question is wrong, 3 the disk, the home or a port

Begin with:  spanledger up      then point an agent at it
             spanledger demo    without an agent at hand`

/** The commands, their options and their help; nothing is done here. */
export function createProgram(version: string, actions: Actions): Command {
  const program: Command = new Command('spanledger')
    .description('Flight recorder for coding agents: records what they did, and answers questions about it.')
    .version(version, '-V, --version', 'the version')
    .option('--home <DIR>', 'where the ledger is (SPANLEDGER_HOME; ~/.spanledger unless told)', folder)
    .option('--json', 'answers as JSON, errors as JSON on standard error')
    .option('--no-color', 'no colours (also NO_COLOR)')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: true,
      // Not those of a command between: what `state` takes is nothing to `state diff`.
      visibleGlobalOptions: () => program.options.slice(),
    })
    .addHelpText('after', AFTER)

  program
    .command('up')
    .description('Records: receives OTLP until Ctrl-C')
    .option('--otlp-http-port <N>', 'OTLP over HTTP (4318 unless told; 0 for any free one)', port)
    .option('--otlp-grpc-port <N>', 'OTLP over gRPC (4317 unless told)', port)
    .option('--port <N>', 'questions over HTTP (4319 unless told)', port)
    .addHelpText(
      'after',
      examples(['spanledger up', 'spanledger up --otlp-http-port 0 --otlp-grpc-port 0 --port 0 --json']),
    )
    .action((options: Record<string, number>) => actions.up(options, program.opts()))

  program
    .command('run')
    .description('Runs a command and records it: what it tells, how it ended, what it changed')
    .usage('[options] -- COMMAND [ARGUMENTS]')
    .argument('<command...>', 'a coding agent, or any other program')
    .option(
      '--detach',
      'in the background: prints the id of the run, and goes on when this terminal is closed',
    )
    .option('--task <ID>', 'the task it works on: claimed meanwhile, done or failed as the command ends')
    .addOption(
      new Option(
        '--on-success <STATUS>',
        'what becomes of the task when the command succeeds (done unless told)',
      ).choices(ON_SUCCESS),
    )
    .option('--worktree <BRANCH>', 'in the worktree of this branch, made when there is none')
    .option(
      '--retries <N>',
      'tries again after 2 s, then 4 s, when it fails (at most 2; 0 unless told)',
      tries,
    )
    .option(
      '--stop-when <WHAT>',
      'ends it (SIGINT, after 10 s SIGTERM) when one of its sessions is stuck, runaway, over its budget (watch.budgetUsd in config.yaml), or near its turns (watch.turnsMax, --max-turns) or context; may be given again',
      stopReason,
    )
    .addHelpText(
      'after',
      `\nThe exit code is the command's; of one that was stopped never 0.\n${examples([
        'spanledger run -- claude -p "Fix the failing test"',
        'spanledger run --task 12 --worktree fix-login -- codex exec "Fix the login"',
        'spanledger run --retries 2 -- npm test',
        'spanledger run --stop-when stuck --stop-when runaway -- claude -p "Fix the failing test"',
        'spanledger run --detach --task fix-the-login -- claude -p "Fix the login"',
      ])}`,
    )
    .action((command: string[], options: Omit<RunOptions, 'home' | 'command'>) =>
      actions.run({ command, ...options }, program.opts()),
    )

  for (const asking of ASKING) addAsking(program, asking, actions)
  for (const name of Object.keys(SETTINGS) as SettingsName[]) addSettings(program, name, actions)

  program
    .command('demo')
    .description('A scripted agent at work, and the questions answered about it')
    .addHelpText('after', examples(['spanledger demo']))
    .action(() => actions.demo(program.opts()))

  program
    .command('completion')
    .description('Completion for a shell: zsh, bash, fish, powershell')
    .addArgument(new Argument('<shell>', 'whose').choices(['zsh', 'bash', 'fish', 'powershell']))
    .addHelpText(
      'after',
      examples([
        'source <(spanledger completion zsh)',
        'spanledger completion fish > ~/.config/fish/completions/spanledger.fish',
      ]),
    )
    .action((shell: string) => actions.completion(shell))

  return program
}

function addAsking(
  program: Command,
  { path, query, withArgument, examples: lines }: AskingCommand,
  actions: Actions,
): void {
  const command = groupOf(program, path.slice(0, -1))
    .command(path.at(-1)!)
    .description(queryNamed(query).summary)
  const params = paramsOf(QUERIES[query].params)
  const placed =
    withArgument === undefined
      ? []
      : paramsOf(QUERIES[withArgument].params).filter((param) => param.place !== undefined)
  addParams(command, [...placed.map((param) => ({ ...param, required: false })), ...params])
  command.addHelpText('after', examples(lines)).action((...given: unknown[]) => {
    const args = given.slice(0, -2)
    const asked = withArgument !== undefined && args[0] !== undefined ? withArgument : query
    return actions.ask(
      asked,
      // With its parents': `state` has options of the same names, and takes what is given to `state diff`.
      paramsGiven(paramsOf(QUERIES[asked].params), args, command.optsWithGlobals()),
      program.opts(),
    )
  })
}

/** The command whose commands these words lead to. */
function groupOf(program: Command, words: readonly string[]): Command {
  let group = program
  words.forEach((word, i) => {
    group =
      group.commands.find((command) => command.name() === word) ??
      group
        .command(word)
        .description(GROUPS[words.slice(0, i + 1).join(' ')]!)
        .helpCommand(false)
  })
  return group
}

function addSettings(program: Command, name: SettingsName, actions: Actions): void {
  const { path, summary, examples: lines } = SETTINGS[name]
  const params = settingsParams(name)
  const command = groupOf(program, path.slice(0, -1)).command(path.at(-1)!).description(summary)
  addParams(command, params)
  command
    .addHelpText('after', examples(lines))
    .action((...given: unknown[]) =>
      actions.settings(name, paramsGiven(params, given.slice(0, -2), command.opts()), program.opts()),
    )
}

/** An unset variable in a script is empty, and would make the working directory a home. */
function folder(dir: string): string {
  if (dir === '') throw new InvalidArgumentError('a folder is needed.')
  return dir
}

const examples = (lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
