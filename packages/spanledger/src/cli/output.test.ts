import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createOutput } from './output.ts'

class Pipe extends EventEmitter {
  written: string[] = []
  full = false
  write(text: string): boolean {
    this.written.push(text)
    return !this.full
  }
}

describe('output', () => {
  it('waits for a reader that is slow', async () => {
    const pipe = new Pipe()
    pipe.full = true
    let done = false
    const writing = createOutput(pipe)
      .write('a')
      .then((open) => (done = open))
    await new Promise((resolve) => setImmediate(resolve))
    expect(done).toBe(false)
    pipe.emit('drain')
    expect(await writing).toBe(true)
  })

  it('ends when the reader goes away while it waits, and writes no more', async () => {
    const pipe = new Pipe()
    pipe.full = true
    const output = createOutput(pipe)
    const writing = output.write('a')
    pipe.emit('error', Object.assign(new Error('closed'), { code: 'EPIPE' }))
    expect(await writing).toBe(false)
    expect(await output.write('b')).toBe(false)
    expect(pipe.written).toEqual(['a'])
  })

  it('takes nothing else for a closed pipe, and tells it to whoever writes', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    const pipe = new Pipe()
    pipe.full = true
    const output = createOutput(pipe)
    const writing = output.write('a')
    pipe.emit('error', full)
    await expect(writing).rejects.toBe(full)
    await expect(output.write('b')).rejects.toBe(full)
    const disk = {
      write: () => {
        throw full
      },
    }
    await expect(createOutput(disk).write('a')).rejects.toBe(full)
  })
})
