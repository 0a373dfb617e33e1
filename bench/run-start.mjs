// How much later a command begins under `spanledger run`: a child that tells when its own process began, started directly and through
// run in turn, in a git repository. With a task, the claim comes before it.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cli, median, tempHome } from './lib.mjs'

const ROUNDS = 15
/** The least that a program in Node takes to start another one: arguments are the program and its own. */
const BARE = "require('child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' })"
const TELLING = [process.execPath, '-e', 'process.stdout.write(String(performance.timeOrigin))']

export async function run() {
  const { folder, home, remove } = tempHome()
  const repository = join(folder, 'shop')
  mkdirSync(repository)
  writeFileSync(join(repository, 'a.txt'), 'a\n')
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@b', ...args], { cwd: repository })
  git('init', '--quiet')
  git('add', '-A')
  git('commit', '--quiet', '-m', 'first')
  /** Milliseconds from our start of a program to the first moment of the child. */
  const start = ([program, ...args]) => {
    const env = { ...process.env, SPANLEDGER_HOME: home }
    const began = performance.timeOrigin + performance.now()
    const { stdout } = spawnSync(program, args, { cwd: repository, env, encoding: 'utf8' })
    return Number(stdout) - began
  }
  const through = (...options) => start([process.execPath, cli, 'run', ...options, '--', ...TELLING])
  const claim = ['work', 'claim', 'bench', 'Start', '--agent', 'bench', '--home', home]
  execFileSync(process.execPath, [cli, ...claim])
  const figures = { direct: [], bare: [], plain: [], task: [] }
  for (let round = 0; round < ROUNDS; round++) {
    figures.direct.push(start(TELLING))
    figures.bare.push(start([process.execPath, '-e', BARE, '--', ...TELLING]))
    figures.plain.push(through())
    process.env.SPANLEDGER_AGENT = 'bench'
    figures.task.push(through('--task', 'start', '--on-success', 'keep'))
    delete process.env.SPANLEDGER_AGENT
  }
  remove()
  const { direct, bare, plain, task } = Object.fromEntries(
    Object.entries(figures).map(([name, ms]) => [name, median(ms)]),
  )
  return [
    {
      what: 'from the start of `spanledger run` to the start of its command',
      value: `${plain.toFixed(0)} ms; through a Node that does nothing else: ${bare.toFixed(0)} ms; directly: ${direct.toFixed(0)} ms`,
      goal: '100 ms',
    },
    {
      what: 'the same with `--task`: the claim is durable before the command starts',
      value: `${task.toFixed(0)} ms`,
      goal: '',
    },
  ]
}
