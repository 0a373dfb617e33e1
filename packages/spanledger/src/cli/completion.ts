import tab from '@bomb.sh/tab/commander'
import { type Command, Help } from 'commander'
import { OWN_SCRIPTS } from './completion-scripts.ts'

/** The library adds a command `complete` for the scripts, which no person types, and would offer it. */
const visibleCommands = (command: Command): Command[] =>
  new Help().visibleCommands(command).filter((each) => each.name() !== 'complete')

const completed = (program: Command): ReturnType<typeof tab> =>
  tab(program.configureHelp({ visibleCommands }))

/** A shell's completion script, to standard output: fish's is the library's, which prints it by itself. */
export function printCompletionScript(program: Command, shell: string): void {
  const script = OWN_SCRIPTS[shell]
  if (script === undefined) return completed(program).setup(program.name(), program.name(), shell)
  // oxlint-disable-next-line no-console -- as the library does
  console.log(script)
}

/** What the script asks for at each TAB: `spanledger complete -- words`. */
export function printCompletions(program: Command, words: readonly string[]): void {
  completed(program).parse(words.filter((word, i) => i > 0 || word !== '--'))
}
