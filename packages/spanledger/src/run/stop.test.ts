import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { endOn } from './stop.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function familyOf() {
  const signals: string[] = []
  return { signals, family: { signal: (signal: string) => void signals.push(signal) } }
}

it('asks, then tells, then makes it end', () => {
  const { family, signals } = familyOf()
  const stop = new AbortController()
  endOn(stop.signal, family)
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
  const { family, signals } = familyOf()
  const stop = new AbortController()
  const letBe = endOn(stop.signal, family)
  stop.abort()
  vi.advanceTimersByTime(1)
  letBe()
  vi.advanceTimersByTime(60_000)
  expect(signals).toEqual(['SIGINT'])
})
