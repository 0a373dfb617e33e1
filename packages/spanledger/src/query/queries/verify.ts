import * as v from 'valibot'
import { type Finding, type VerifySummary, verifyLedger } from '@spanledger/sdk/ledger'
import { limit } from '../params.ts'
import { type Cut, query } from '../query.ts'

export interface VerifyAnswer extends Cut {
  /** False when anything is not as the format says, torn last lines included. */
  ok: boolean
  findings: Finding[]
  summary: Omit<VerifySummary, 'finding'>
}

export const verify = query({
  summary: 'Reads every line of the ledger and tells what is damaged',
  params: v.strictObject({ limit: limit(100, 'findings') }),
  async run(context, given): Promise<VerifyAnswer> {
    const findings: Finding[] = []
    for await (const found of verifyLedger(context.platform, context.home)) {
      if (found.finding === 'summary') {
        const { finding: _, ...summary } = found
        return {
          ok: summary.findings === 0,
          findings,
          summary,
          cut: summary.findings > findings.length,
          limit: given.limit,
        }
      }
      if (findings.length < given.limit) findings.push(found)
    }
    throw new Error('verifyLedger ended without its summary')
  },
})
