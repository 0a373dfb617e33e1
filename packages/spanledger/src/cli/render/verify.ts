import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, formatInteger, formatWhen, plural } from './format.ts'

type Answer = AnswerOf<'verify'>
type Finding = Answer['findings'][number]
type Step = NonNullable<Answer['repair']>['steps'][number]

export function renderVerify(answer: Answer, terminal: Terminal): string {
  const { summary } = answer
  const { colors } = terminal
  const counted = Object.entries(summary.lines)
    .map(([kind, lines]) => `${formatInteger(lines)} ${kind}`)
    .join(', ')
  const sealed =
    summary.sealedSegments === 0
      ? ''
      : ` (${formatInteger(summary.sealedSegments)} sealed, ${formatBytes(summary.storedBytes)} on disk)`
  const lines = [
    ...repairLines(answer, terminal),
    verdict(answer, terminal),
    `  ${counted} in ${plural(summary.segments, 'segment')}, ${formatBytes(summary.bytes)}${sealed}`,
    ...(summary.removed.segments === 0
      ? []
      : [
          `  ${plural(summary.removed.segments, 'segment')} removed by retention, ${formatBytes(summary.removed.bytes)}`,
        ]),
    ...chainLines(summary),
    ...answer.findings.map((finding) => `  ${findingLine(finding, terminal)}`),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n${nextLine(answer, colors)}`
}

function verdict({ state, summary }: Answer, { colors }: Terminal): string {
  if (state === 'intact') return colors.green('✓ nothing is damaged')
  if (state === 'repaired')
    return colors.yellow(
      `✓ repaired: ${plural(summary.repaired, 'finding')} isolated or noted, nothing else is damaged`,
    )
  const old = summary.repaired > 0 ? `, ${plural(summary.repaired, 'older one')} repaired` : ''
  return colors.red(`✗ ${plural(summary.findings, 'finding')}${old}`)
}

function nextLine({ state, repair }: Answer, colors: Terminal['colors']): string {
  if (state !== 'damaged' || repair !== undefined) return ''
  return `${colors.dim('isolate it: spanledger verify --repair (first with --dry-run)')}\n`
}

function findingLine(finding: Finding, { colors, nowMs }: Terminal): string {
  const { finding: what, path, offset, repairedAt, kind: _, segment: __, ...facts } = finding
  const place = `${plain(path)} at byte ${offset}: ${plain(pairs(facts))}`
  if (repairedAt === undefined) return `${colors.red(what)} ${place}`
  const at = new Date(Number(BigInt(repairedAt) / 1_000_000n)).toISOString()
  return `${colors.yellow(what)} repaired ${formatWhen(at, nowMs)}: ${place}`
}

const pairs = (facts: object): string =>
  Object.entries(facts)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ')

const ACTIONS: Record<Step['action'], [done: string, planned: string]> = {
  isolated: ['isolated', 'would be isolated'],
  movedAside: ['moved aside', 'would be moved aside'],
  cutOff: ['cut off', 'would be cut off'],
  noted: ['noted in the chain', 'would be noted in the chain'],
  left: ['left as it is', 'would be left as it is'],
}

function repairLines({ repair }: Answer, { colors }: Terminal): string[] {
  if (repair === undefined) return []
  const which = repair.dryRun ? 1 : 0
  if (repair.steps.length === 0) return [repair.dryRun ? 'Nothing to repair.' : 'Nothing was to be repaired.']
  const steps = repair.steps.map(({ finding, action, aside }) => {
    const kept = aside === undefined ? '' : `, original in ${plain(aside)}`
    const { finding: what, path, offset } = finding
    return `  ${colors.yellow(ACTIONS[action][which])} ${what} ${plain(path)} at byte ${offset}${kept}`
  })
  return [repair.dryRun ? 'A repair would do this:' : 'Repaired:', ...steps, '']
}

/** What to note down elsewhere: who can write to all of the ledger can write a whole chain anew, but not this one. */
function chainLines({ chains }: Answer['summary']): string[] {
  return Object.entries(chains)
    .filter(([, end]) => end.number > 0)
    .map(([kind, end]) => `  ${kind}: chain of ${plural(end.number, 'manifest')}, ends ${end.sha256}`)
}
