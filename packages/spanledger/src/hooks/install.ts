import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import type { Home } from '@spanledger/sdk/ledger'
import { spoolOf } from './layout.ts'
import { SCRIPT } from './script.ts'

/** Puts the script and its folders where the agents' settings say they are; changes nothing where they are. Errors: the disk's. */
export async function installHooks(home: Pick<Home, 'dir'>): Promise<void> {
  const spool = spoolOf(home)
  await mkdir(spool.waiting, { recursive: true, mode: 0o700 })
  await chmod(spool.dir, 0o700)
  const there = await readFile(spool.script, 'utf8').catch(() => undefined)
  if (there === SCRIPT) return
  // Whole or not at all: an agent may run it at this moment.
  const draft = `${spool.script}.${process.pid}`
  await writeFile(draft, SCRIPT, { mode: 0o600 })
  await rename(draft, spool.script)
}
