import * as v from 'valibot'
import {
  type Finding,
  ledgerNotes,
  type RepairAction,
  repairLedger,
  type RepairStep,
  type VerifySummary,
  verifyLedger,
} from '@spanledger/sdk/ledger'
import { uuidFrom, uuidv7 } from '@spanledger/sdk/platform'
import type { QueryContext } from '../context.ts'
import { flag, limit } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { refusal, type Refusal } from '../refusal.ts'

export interface VerifyAnswer extends Cut {
  /** False when anything is not as the format says, torn last lines included, unless a repair has dealt with it. */
  ok: boolean
  /** `repaired`: nothing is damaged but what was isolated. */
  state: 'intact' | 'repaired' | 'damaged'
  /** Those no repair has dealt with come first. */
  findings: Finding[]
  summary: Omit<VerifySummary, 'finding'>
  /** What --repair did, or with --dry-run would do; the rest of the answer is how it is now. */
  repair?: RepairAnswer
}

interface RepairAnswer {
  dryRun: boolean
  /** So many findings had this done about them. */
  actions: Record<RepairAction, number>
  /** The first `limit` of them. */
  steps: RepairStep[]
}

export const verify = query({
  summary: 'Reads every line of the ledger and tells what is damaged; with --repair isolates it',
  params: v.strictObject({
    repair: flag('isolates what is damaged, so that all around it can be read; deletes nothing'),
    dryRun: flag('with --repair: only tells what it would do'),
    limit: limit(100, 'findings'),
  }),
  effect: ({ repair, dryRun }) => (isGiven(repair) && !isGiven(dryRun) ? 'writes' : undefined),
  creates: false,
  async run(context, given): Promise<VerifyAnswer | Refusal> {
    const { platform, home } = context
    const dryRun = given.dryRun === true
    if (dryRun && given.repair !== true)
      return refusal('BAD_PARAMETER', 'dryRun: goes with repair only', 'give --repair --dry-run')
    if (given.repair !== true) return look(context, given.limit)
    if (home.readOnly && !dryRun)
      return refusal('HOME_READ_ONLY', `${home.dir} cannot be written to`, 'ask with --dry-run')
    const repair: RepairAnswer = {
      dryRun,
      actions: { isolated: 0, movedAside: 0, cutOff: 0, noted: 0, left: 0 },
      steps: [],
    }
    for await (const step of repairLedger(platform, home, { dryRun })) {
      repair.actions[step.action]++
      if (repair.steps.length < given.limit) repair.steps.push(step)
    }
    if (!dryRun) await record(context, repair.actions.cutOff)
    return { ...(await look(context, given.limit)), repair }
  },
})

async function look({ platform, home }: QueryContext, atMost: number): Promise<VerifyAnswer> {
  const news: Finding[] = []
  const old: Finding[] = []
  for await (const found of verifyLedger(platform, home)) {
    if (found.finding === 'summary') {
      const { finding: _, ...summary } = found
      const findings = [...news, ...old].slice(0, atMost)
      return {
        ok: summary.findings === 0,
        state: summary.findings > 0 ? 'damaged' : summary.repaired > 0 ? 'repaired' : 'intact',
        findings,
        summary,
        cut: summary.findings + summary.repaired > findings.length,
        limit: atMost,
      }
    }
    const list = found.repairedAt === undefined ? news : old
    if (list.length < atMost) list.push(found)
  }
  throw new Error('verifyLedger ended without its summary')
}

/** Of every note of a repair, as far as it is not there: one that a process was killed before telling is told by the next. */
async function record(context: QueryContext, cutOff: number): Promise<void> {
  const notes = await ledgerNotes(context.platform, context.home)
  const events = await context.events()
  // The append itself cuts off what a writer of events left unfinished.
  if (cutOff > 0)
    await events.append('repairs', [
      { event: 'UnfinishedLinesCutOff', id: uuidv7(context.platform), data: { lines: cutOff } },
    ])
  for (const { kind, number, at, repaired } of notes) {
    if (repaired === undefined) continue
    const findings: Record<string, number> = {}
    for (const { finding } of repaired) findings[String(finding)] = (findings[String(finding)] ?? 0) + 1
    await events.append('repairs', [
      {
        event: 'LedgerRepaired',
        id: uuidFrom(`repair ${kind} ${number} ${at}`),
        time: at,
        data: { kind, note: number, findings },
      },
    ])
  }
}

/** As `flag` takes it, in a command line, an address or JSON. */
const isGiven = (value: unknown): boolean => value === true || value === 'true' || value === ''
