/** There is no git to run. */
export class GitMissingError extends Error {
  readonly code = 'GIT_MISSING'

  constructor(cause: unknown) {
    super('git could not be started: install it, or put it on the PATH', { cause })
  }
}

/** Git said no, in words for the person who asked. */
export class GitFailedError extends Error {
  readonly code = 'GIT_FAILED'

  readonly said: string

  constructor(args: readonly string[], folder: string, exitCode: number | null, said: string) {
    const why = said === '' ? `exit ${exitCode ?? 'by a signal'}` : said.replace(/^(fatal|error): /, '')
    super(`git ${args[0]} in ${folder}: ${why}`)
    this.said = said
  }
}

/** The folder is in no git repository. */
export class NotARepositoryError extends Error {
  readonly code = 'NOT_A_REPOSITORY'

  constructor(folder: string) {
    super(`${folder} is in no git repository`)
  }
}

/** A worktree holds work that would be lost. */
export class UncommittedWorkError extends Error {
  readonly code = 'UNCOMMITTED_WORK'
  readonly files: readonly string[]

  constructor(worktree: string, files: readonly string[]) {
    const shown = files.slice(0, SHOWN_MAX).join(', ')
    const more = files.length > SHOWN_MAX ? ` and ${files.length - SHOWN_MAX} more` : ''
    super(`${worktree} has uncommitted work: ${shown}${more}`)
    this.files = files
  }
}

const SHOWN_MAX = 3
