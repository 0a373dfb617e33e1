import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodePlatform } from '../../platform/index.ts'
import type { Platform } from '../../platform/index.ts'
import { simulatedPlatform } from '../../platform/testing/index.ts'

/** Where a contract is tried: a platform and a folder of its own. */
export interface World {
  platform: Platform
  dir: string
  remove(): Promise<void>
}

export const WORLDS: { name: string; create: () => Promise<World> }[] = [
  {
    name: 'the real disk',
    async create() {
      const dir = await mkdtemp(join(tmpdir(), 'spanledger-'))
      return { platform: nodePlatform(), dir, remove: () => rm(dir, { recursive: true }) }
    },
  },
  {
    name: 'the simulated disk',
    async create() {
      return { platform: simulatedPlatform({ seed: 1 }), dir: '/home/.spanledger', remove: async () => {} }
    },
  },
]

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
