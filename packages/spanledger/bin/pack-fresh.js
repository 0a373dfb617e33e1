import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** In a checkout: whether pack/, the program in a few files, was made after all that tsc wrote. Looks at a time for each room. */
export function isPackFresh() {
  const packed = modified(at('../pack/package.json'))
  return packed > 0 && ['../dist/', '../../sdk/dist/'].every((dist) => newestRoom(at(dist)) < packed)
}

const newestRoom = (dist) =>
  Math.max(...readdirSync(dist).map((room) => modified(`${dist}${room}/.tsbuildinfo`)))

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
