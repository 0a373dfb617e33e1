import { resolve } from 'node:path'
import { type Command, CommanderError } from 'commander'
import picocolors from 'picocolors'
import { isRefusal } from '../query/index.ts'
import { ask, type Printer } from './ask.ts'
import { type Complaint, complaintJson, complaintText, ofError, ofRefusal, usage } from './complaint.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { CliHost, RunResult } from './host.ts'
import { createOutput } from './output.ts'
import { createProgram, type Globals } from './program.ts'
import { formatDuration } from './render/format.ts'
import { usableColumns } from './terminal.ts'

/**
 * One command line, from its words to its exit code. Never ends the process.
 *
 * @param argv the words after the program's name
 */
export async function runCli(argv: readonly string[], host: CliHost): Promise<number> {
  const out = createOutput(host.stdout)
  // Errors are told as JSON even where the command line itself is what is wrong.
  const json = ownWords(argv).includes('--json')
  const complain = (complaint: Complaint): ExitCode => {
    host.stderr.write(json ? complaintJson(complaint) : complaintText(complaint))
    return complaint.exit
  }
  const homeOf = ({ home }: Globals): string => {
    const folder = home ?? host.env['SPANLEDGER_HOME']
    if (folder) return resolve(folder)
    if (host.homeFolder !== '') return resolve(host.homeFolder, '.spanledger')
    throw Object.assign(new Error('there is no folder of the user: HOME is empty'), { code: 'HOME_UNKNOWN' })
  }
  const printerFor = ({ color }: Globals): Printer => ({
    out,
    terminal: {
      columns: usableColumns(host.stdout.columns ?? numberIn(host.env['COLUMNS'])),
      colors: picocolors.createColors(
        color !== false && host.stdout.isTTY === true && !host.env['NO_COLOR'] && host.env['TERM'] !== 'dumb',
      ),
      nowMs: host.nowMs(),
    },
    complain,
    ...(json || host.stderr.isTTY !== true
      ? {}
      : { progress: (text: string) => void host.stderr.write(`\r\u001b[2K${text}`) }),
    hint: (text) => void (json || host.stderr.write(`${text}\n`)),
  })

  let exit: number = EXIT.ok
  let home = ''
  const program = createProgram(host.version, {
    async ask(query, params, globals) {
      home = homeOf(globals)
      exit = await ask(host, { query, params, home, json }, printerFor(globals))
    },
    async up(options, globals) {
      home = homeOf(globals)
      await host.up({ ...options, home, json })
    },
    async settings(name, params, globals) {
      home = globals.home === undefined ? '' : homeOf(globals)
      const [{ askSettings }, { askConnect, isConnecting }] = await Promise.all([
        import('./ask-settings.ts'),
        import('./ask-connect.ts'),
      ])
      const asked = { name, params, home: home || undefined, json }
      exit = await (isConnecting(name)
        ? askConnect(host, { ...asked, name }, printerFor(globals))
        : askSettings(host, asked, printerFor(globals)))
    },
    async run(options, globals) {
      home = homeOf(globals)
      const result = await host.run({ ...options, home })
      if (isRefusal(result)) {
        exit = complain(ofRefusal(result, []))
        return
      }
      if ('log' in result) {
        // The id alone, for `id=$(spanledger run --detach ...)`.
        await out.write(json ? `${JSON.stringify(result)}\n` : `${result.run}\n`)
        if (!json)
          host.stderr.write(`spanledger: it runs by itself: spanledger runs logs ${result.run} --follow\n`)
        return
      }
      exit = result.exitCode
      if (result.quiet !== true) host.stderr.write(json ? `${JSON.stringify(result)}\n` : runText(result))
    },
    async demo() {
      await host.demo((words) => runCli(words, host))
    },
    async completion(shell) {
      const { printCompletionScript } = await import('./completion.ts')
      printCompletionScript(program, shell)
    },
  })
  const help: string[] = []
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => void help.push(text), writeErr: (text) => void help.push(text) })
  }

  try {
    if (argv[0] === 'complete') {
      const { printCompletions } = await import('./completion.ts')
      printCompletions(program, argv.slice(1))
      return EXIT.ok
    }
    await program.parseAsync(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv, { from: 'user' })
    return exit
  } catch (error) {
    if (!(error instanceof CommanderError)) return complain(ofError(error, home))
    const printHelp = (): Promise<ExitCode> =>
      out.write(help.join('')).then(
        () => EXIT.ok,
        (full: unknown) => complain(ofError(full, home)),
      )
    if (error.exitCode === 0) return printHelp()
    const meant = commandMeant(program, argv)
    const next = `see ${['spanledger', ...meant].join(' ')} --help`
    if (error.code !== 'commander.help')
      return complain(usage(error.message.replace(/^error: /, '').replaceAll('\n', ' '), next))
    if (meant.length > 0) return complain(usage(`${meant.join(' ')} needs one of its commands`, next))
    // One JSON value is promised, which the help is not.
    return json ? complain(usage('a command is missing', next)) : printHelp()
  }
}

/** What stands behind `--` is for the command that is run. */
const ownWords = (argv: readonly string[]): readonly string[] =>
  argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv

const runText = ({ run, exitCode, signal, durationMs, stoppedFor }: RunResult): string =>
  (stoppedFor === undefined ? '' : `spanledger: stopped: ${stoppedFor}\n`) +
  `spanledger: run ${run} ${signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`} after ${formatDuration(durationMs)}\n`

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** The names of the command that the words lead to, as far as they do: that is the help that helps. */
function commandMeant(program: Command, words: readonly string[]): string[] {
  const names: string[] = []
  let at = program
  for (const word of ownWords(words)) {
    const next = at.commands.find((command) => command.name() === word)
    if (next === undefined) continue
    names.push(word)
    at = next
  }
  return names
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text)
}
