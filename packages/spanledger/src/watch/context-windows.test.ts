import { expect, it } from 'vitest'
import { loadContextWindows } from './context-windows.ts'

it('knows what a model holds, by the longest name that fits', async () => {
  const windows = await loadContextWindows()
  expect(windows('claude-opus-4-5-20251101', 'claude-code')).toBe(200_000)
  expect(windows('claude-opus-4-8', 'claude-code')).toBe(1_000_000)
  expect(windows('anthropic/claude-haiku-4-5', 'opencode')).toBe(200_000)
  expect(windows('gemini-3-flash-preview', 'gemini-cli')).toBe(1_048_576)
  expect(windows('something-else', 'codex')).toBeUndefined()
})

it('knows what an agent makes of it: Codex stays below what the API takes', async () => {
  const windows = await loadContextWindows()
  expect([windows('gpt-5.2', 'codex'), windows('gpt-5.2', 'opencode')]).toEqual([272_000, 400_000])
})

it('believes a name that says it, and the user first of all', async () => {
  const windows = await loadContextWindows({ 'gpt-5*': 64_000 })
  expect(windows('claude-sonnet-4-5[1m]', 'claude-code')).toBe(1_000_000)
  expect(windows('gpt-5.2', 'codex')).toBe(64_000)
})
