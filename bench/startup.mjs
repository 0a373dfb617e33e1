// From process start to the line that says the daemon can receive; and its memory when nothing comes.
import { setTimeout as sleep } from 'node:timers/promises'
import { median, startDaemon, tempHome } from './lib.mjs'

const ROUNDS = 7

export async function run() {
  const ready = []
  const idle = []
  for (let round = 0; round < ROUNDS; round++) {
    const { home, remove } = tempHome()
    const daemon = await startDaemon(home)
    ready.push(daemon.readyMs)
    await sleep(1_000)
    idle.push(daemon.memory()?.now ?? Number.NaN)
    await daemon.stop()
    remove()
  }
  return [
    {
      what: 'ready to receive after process start',
      value: `${median(ready).toFixed(0)} ms (${ready.map((ms) => ms.toFixed(0)).join(', ')})`,
      goal: '300 ms',
    },
    { what: 'memory of the idle daemon', value: `${median(idle)} MiB`, goal: 'below 100 MB' },
  ]
}
