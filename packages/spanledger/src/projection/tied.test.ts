import { describe, expect, it } from 'vitest'
import type { Observation } from '../agents/index.ts'
import { evolve, initialState, type SessionState } from './state.ts'
import { type Tied, TIE_FIELDS, tiedOf } from './tied.ts'

interface Given extends Partial<Observation> {
  event?: 'SessionTied' | 'SessionUntied'
  id: string
  at?: number
}

const stateOf = (given: readonly Given[]): SessionState => {
  const state = initialState('s1')
  for (const { event = 'SessionTied', id, at = 0, ...data } of given)
    evolve(state, {
      event,
      id,
      time: String(1_000_000_000n + BigInt(at)),
      data: { session: 's1', agent: 'codex', source: 'tie:x', rank: 0, ...data },
    })
  return state
}
const guess = (id: string, confidence: number, target: object): Given => ({
  id,
  by: 'spanledger',
  confidence,
  because: id,
  ...target,
})
const hand = (id: string, at: number, target: object): Given => ({
  id,
  at,
  by: 'hand',
  confidence: 1,
  because: id,
  ...target,
})
const untie = (id: string, at: number): Given => ({
  event: 'SessionUntied',
  id,
  at,
  by: 'hand',
  confidence: 1,
  because: id,
})

const plain = (tied: Tied) => ({
  ...tied,
  ties: tied.ties.toSorted((a, b) => (a.because < b.because ? -1 : 1)),
})

describe('what a session belongs to', () => {
  it('is what its agent told, before any guess', () => {
    const state = stateOf([guess('a', 0.99, { task: 'guessed', branch: 'fix' })])
    expect(tiedOf(state, { task: 'told' })).toMatchObject({
      task: 'told',
      branch: 'fix',
      ties: [{ fields: ['branch'], by: 'spanledger', confidence: 0.99 }],
    })
  })

  it('is the likeliest guess; of two that are as likely none is taken, and both are told', () => {
    expect(tiedOf(stateOf([guess('a', 0.65, { task: 'x' }), guess('b', 0.8, { task: 'y' })]), {}).task).toBe(
      'y',
    )
    expect(
      tiedOf(
        stateOf([guess('a', 0.8, { run: '1', task: 'x' }), guess('b', 0.8, { run: '2', task: 'x' })]),
        {},
      ),
    ).toMatchObject({
      run: null,
      task: 'x',
      unsure: [{ field: 'run', values: ['1', '2'], confidence: 0.8 }],
    })
    expect(tiedOf(stateOf([guess('a', 0.49, { task: 'x' })]), {}).task).toBeNull()
  })

  it('is what was said by hand last, whatever the agent told', () => {
    const said = [hand('b', 1, { task: 'x' }), hand('a', 2, { task: 'y' }), guess('g', 0.99, { task: 'z' })]
    expect(tiedOf(stateOf(said), { task: 'told' })).toMatchObject({
      task: 'y',
      ties: [{ by: 'hand', confidence: 1 }],
    })
    expect(
      tiedOf(stateOf([...said, untie('c', 3)]), { task: 'told', run: '1', branch: 'main' }),
    ).toMatchObject({
      task: null,
      run: null,
      branch: 'main',
    })
    expect(tiedOf(stateOf([...said, untie('c', 3), hand('d', 4, { task: 'w' })]), {}).task).toBe('w')
  })

  it('does not depend on the order of the events, nor on their repetition', () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    let state = seed
    const next = (below: number): number =>
      Math.floor(((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32) * below)
    for (let round = 0; round < 300; round++) {
      const events: Given[] = Array.from({ length: next(8) }, (_, i) => {
        const target = Object.fromEntries(
          TIE_FIELDS.filter(() => next(2) === 0).map((field) => [field, `${field}-${next(3)}`]),
        )
        if (next(8) === 0) return untie(`e${i}`, next(4))
        return next(3) === 0
          ? hand(`e${i}`, next(4), target)
          : guess(`e${i}`, [0.4, 0.65, 0.8, 0.8, 0.9][next(5)]!, target)
      })
      const told = next(2) === 0 ? {} : { task: 'task-0', run: 'run-1' }
      const expected = plain(tiedOf(stateOf(events), told))
      const shuffled = [...events, ...events.filter(() => next(2) === 0)]
        .map((event) => ({ event, by: next(1_000) }))
        .toSorted((a, b) => a.by - b.by)
        .map(({ event }) => event)
      expect(plain(tiedOf(stateOf(shuffled), told)), `FUZZ_SEED=${seed}, round ${round}`).toEqual(expected)
    }
  })
})
