import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

/** A shell's completion script. It is printed to standard output, by the library itself. */
export function printCompletionScript(program: Command, shell: string): void {
  tab(program).setup(program.name(), program.name(), shell)
}

/** What the script asks for at each TAB: `spanledger complete -- words`. */
export function printCompletions(program: Command, words: readonly string[]): void {
  tab(program).parse(words.filter((word, i) => i > 0 || word !== '--'))
}
