import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { endOn } from './stop.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function childOf() {
  const signals: string[] = []
  return { signals, child: { kill: (signal: string) => signals.push(signal) > 0 } as never }
}

it('asks, then tells, then makes it end', () => {
  const { child, signals } = childOf()
  const stop = new AbortController()
  endOn(stop.signal, child)
  vi.advanceTimersByTime(60_000)
  expect(signals).toEqual([])
  stop.abort()
  vi.advanceTimersByTime(0)
  expect(signals).toEqual(['SIGINT'])
  vi.advanceTimersByTime(10_000)
  expect(signals).toEqual(['SIGINT', 'SIGTERM'])
  vi.advanceTimersByTime(5_000)
  expect(signals).toEqual(['SIGINT', 'SIGTERM', 'SIGKILL'])
})

it('leaves a process that ended alone', () => {
  const { child, signals } = childOf()
  const stop = new AbortController()
  const letBe = endOn(stop.signal, child)
  stop.abort()
  vi.advanceTimersByTime(1)
  letBe()
  vi.advanceTimersByTime(60_000)
  expect(signals).toEqual(['SIGINT'])
})
