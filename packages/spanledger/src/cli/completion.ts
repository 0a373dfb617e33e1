import tab from '@bomb.sh/tab/commander'
import { type Command, Help } from 'commander'

/** The library adds a command `complete` for the scripts, which no person types, and would offer it. */
const visibleCommands = (command: Command): Command[] =>
  new Help().visibleCommands(command).filter((each) => each.name() !== 'complete')

const completed = (program: Command): ReturnType<typeof tab> =>
  tab(program.configureHelp({ visibleCommands }))

/** A shell's completion script. It is printed to standard output, by the library itself. */
export function printCompletionScript(program: Command, shell: string): void {
  // oxlint-disable-next-line no-console -- as the library does
  if (shell === 'bash') console.log(WITHOUT_BASH_COMPLETION)
  completed(program).setup(program.name(), program.name(), shell)
}

/** The library's script calls a function of the package bash-completion, which many machines (macOS, containers) do not have. */
const WITHOUT_BASH_COMPLETION = `declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
    words=("\${COMP_WORDS[@]}")
    cword=$COMP_CWORD
    cur=\${COMP_WORDS[COMP_CWORD]}
    prev=\${COMP_WORDS[COMP_CWORD - 1]}
}
`

/** What the script asks for at each TAB: `spanledger complete -- words`. */
export function printCompletions(program: Command, words: readonly string[]): void {
  completed(program).parse(words.filter((word, i) => i > 0 || word !== '--'))
}
