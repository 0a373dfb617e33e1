import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const GO = 'go'
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'spanledger-backends')

/** A program that was built, or why it could not be. */
export type Built = { program: string } | { missing: string }

/**
 * Builds a backend from source where Go is, outside of the project; its versions and their checksums stand in the folder's go.mod and
 * go.sum.
 *
 * folder  in this one
 * source  what to build there: a package's path
 */
export function build(folder: string, source: string): Built {
  if (spawnSync(GO, ['version'], { stdio: 'ignore' }).status !== 0) return { missing: 'no go' }
  mkdirSync(CACHE, { recursive: true })
  const program = join(CACHE, folder)
  const module = fileURLToPath(new URL(folder, import.meta.url))
  const { status } = spawnSync(GO, ['build', '-C', module, '-o', program, source], {
    stdio: ['ignore', 2, 2],
  })
  return status === 0 ? { program } : { missing: 'its sources could not be had or built' }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
