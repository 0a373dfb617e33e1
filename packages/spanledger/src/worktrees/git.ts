import { spawn } from 'node:child_process'
import { GitFailedError, GitMissingError } from './errors.ts'

/** What git may print before it is ended: a list of every file of a very large repository is a tenth of it. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024
const ERROR_BYTES_MAX = 64 * 1024

interface GitOptions {
  env?: Readonly<Record<string, string>>
  input?: string
  /** Exit codes that are answers, not failures; 0 always is. */
  answers?: readonly number[]
}

interface GitAnswer {
  code: number
  out: string
}

/** Runs git in a folder. Errors: GitMissingError, GitFailedError. */
export type Git = (folder: string, args: readonly string[], options?: GitOptions) => Promise<GitAnswer>

/**
 * The user's own git, made predictable: English, no prompts, no colours, no locks taken for what is only read, and no program
 * of the repository's configuration run to show a difference.
 */
export const git: Git = (folder, args, { env = {}, input, answers = [] } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn('git', ['-C', folder, '-c', 'core.quotepath=false', ...args], {
      env: { ...process.env, ...CALM, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const [out, errors]: [Buffer[], Buffer[]] = [[], []]
    let [outBytes, errorBytes] = [0, 0]
    child.on('error', (error: NodeJS.ErrnoException) =>
      // A folder that is not there fails in the same way as a program that is not.
      reject(error.code === 'ENOENT' ? new GitMissingError(error) : error),
    )
    child.stdout.on('data', (bytes: Buffer) => {
      outBytes += bytes.length
      if (outBytes > OUTPUT_BYTES_MAX) child.kill()
      else out.push(bytes)
    })
    child.stderr.on('data', (bytes: Buffer) => {
      errorBytes += bytes.length
      if (errorBytes <= ERROR_BYTES_MAX) errors.push(bytes)
    })
    // Git that ends before it read everything says why by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
    child.on('close', (code) => {
      if (code === 0 || (code !== null && answers.includes(code)))
        resolve({ code, out: Buffer.concat(out).toString('utf8') })
      else reject(new GitFailedError(args, folder, code, Buffer.concat(errors).toString('utf8').trim()))
    })
  })

const CALM = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PAGER: 'cat',
  GIT_EXTERNAL_DIFF: '',
}

/** The parts of what git prints with `-z`. */
export const parts = (out: string): string[] => (out === '' ? [] : out.replace(/\0$/, '').split('\0'))
