/** What `run` takes on the command line beside the command itself. */
export interface RunWords {
  home?: string
  detach?: true
  task?: string
  onSuccess?: 'done' | 'reviewing' | 'release' | 'keep'
  worktree?: string
  retries?: number
}

/** An option and its value -> what they say; undefined for what is none, or wrong. */
const READ: Readonly<Record<string, (value: string) => RunWords | undefined>> = {
  '--home': (home) => ({ home }),
  '--task': (task) => ({ task }),
  '--worktree': (worktree) => ({ worktree }),
  '--retries': (tries) => (/^[012]$/.test(tries) ? { retries: Number(tries) } : undefined),
  '--on-success': (word) =>
    word === 'done' || word === 'reviewing' || word === 'release' || word === 'keep'
      ? { onSuccess: word }
      : undefined,
}

/**
 * A command line that is a plain run and nothing else, understood without the 150 ms of processor time that loading all
 * commands takes.
 *
 * argv  the words after the program's name
 * Undefined for every other one, and for whatever may be wrong or means more: the whole command line says then what it is.
 */
export function runWords(argv: readonly string[]): (RunWords & { command: string[] }) | undefined {
  let words: RunWords = {}
  let isRun = false
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--' && isRun)
      return i + 1 < argv.length ? { ...words, command: argv.slice(i + 1) } : undefined
    if (word === '--json' || word === '--no-color') continue
    if (word === 'run' && !isRun) {
      isRun = true
      continue
    }
    if (word === '--detach' && isRun) {
      words = { ...words, detach: true }
      continue
    }
    const value = argv[++i]
    if (value === undefined || value === '' || value.startsWith('-')) return undefined
    const read = isRun || word === '--home' ? READ[word]?.(value) : undefined
    if (read === undefined) return undefined
    words = { ...words, ...read }
  }
  return undefined
}
