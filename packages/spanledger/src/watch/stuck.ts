import type { ClearedBecause, FindingData } from '../projection/index.ts'
import type { Call } from './call.ts'
import type { WatchSettings } from './settings.ts'

/** What was found, before it has a name. */
export type Found = Omit<FindingData, 'session' | 'finding' | 'severity'>

/** Whether a call brought anything: a change; something not known before; or neither. */
type Step = 'change' | 'news' | 'nothing'

interface Taken extends Call {
  step: Step
}

/** Calls looked back at: three times what the detectors need at most. */
const RECENT_MAX = 64
/** Results remembered, by what was asked for. */
const KNOWN_MAX = 256
const ERRORS_MAX = 40
/** A look at something new does not end a loop; so many in a row do. */
const NEWS_THAT_RESUME = 3
const POSITIONS_MAX = 10

/**
 * A session that gets nowhere. Steps are its tool calls, in the order they became known:
 *
 * change   a tool that writes files did, a commit was made, or git says so
 * news     a call that was not made before went well, or one that was made before came to another result: an agent that reads thirty
 *          files is not stuck, nor one whose test fails in a new way each time
 * nothing  everything else: the same again, or one more thing that failed
 *
 * Found once, it stays until a change, three news in a row, or a person's prompt.
 */
export class Stuck {
  readonly #settings: WatchSettings
  /** Since the last change, or since whatever was found was over. */
  #recent: Taken[] = []
  readonly #known = new Map<string, string>()
  #errors: Call[] = []
  #news = 0
  #found: Found | undefined

  constructor(settings: WatchSettings) {
    this.#settings = settings
  }

  get found(): Found | undefined {
    return this.#found
  }

  /** Steps that brought nothing, of the last ones. */
  get idleSteps(): number {
    return this.#recent.slice(-this.#settings.steps).filter(({ step }) => step === 'nothing').length
  }

  /** Undefined, or why what was found is over. */
  take(call: Call): ClearedBecause | undefined {
    const step = this.#stepOf(call)
    if (call.asked !== undefined) remember(this.#known, call.asked, call.result)
    const mended = this.#takeError(call)
    if (step === 'change') return this.changed()
    this.#news = step === 'news' ? this.#news + 1 : 0
    this.#recent.push({ ...call, step })
    if (this.#recent.length > RECENT_MAX) this.#recent.shift()
    if (this.#found === undefined) {
      this.#found = this.#repeatedCall(call) ?? this.#repeatedError(call) ?? this.#noProgress(call)
      return undefined
    }
    return mended || this.#news >= NEWS_THAT_RESUME ? this.resume('progress') : undefined
  }

  /** What failed before with this name goes well. */
  wentWell(asked: string): ClearedBecause | undefined {
    return this.#mend(asked) ? this.resume('progress') : undefined
  }

  /** Files changed, or a commit was made: progress, unless it is an error that stays whatever is changed. */
  changed(): ClearedBecause | undefined {
    if (this.#found?.kind !== 'repeated-error') return this.resume('progress')
    this.#recent = []
    return undefined
  }

  /** It gets on: what is found from now on is another one. */
  resume(because: ClearedBecause): ClearedBecause {
    const was = this.#found
    this.#recent = []
    this.#news = 0
    this.#found = undefined
    // An error may outlive any number of changes that were to mend it.
    if (because !== 'progress' || was !== undefined) this.#errors = []
    return because
  }

  #stepOf({ asked, result, failed, changes }: Call): Step {
    if (changes) return 'change'
    const before = asked === undefined ? undefined : this.#known.get(asked)
    if (before !== undefined) return before === result ? 'nothing' : 'news'
    return failed ? 'nothing' : 'news'
  }

  /** True when the error that was found is gone. */
  #takeError(call: Call): boolean {
    const mended = call.asked !== undefined && !this.#failsAsBefore(call) && this.#mend(call.asked)
    if (call.error !== undefined) this.#errors.push(call)
    if (this.#errors.length > ERRORS_MAX) this.#errors.shift()
    return mended
  }

  #failsAsBefore({ asked, error, failed }: Call): boolean {
    return failed && this.#errors.every((one) => one.asked !== asked || one.error === error)
  }

  #mend(asked: string): boolean {
    const before = this.#errors.length
    this.#errors = this.#errors.filter((one) => one.asked !== asked)
    return this.#errors.length < before && this.#found?.kind === 'repeated-error'
  }

  /** Also in turn with others: A B A B. */
  #repeatedCall({ asked, result, bySize }: Call): Found | undefined {
    if (asked === undefined) return undefined
    const threshold = this.#settings.repeats * (bySize ? 2 : 1)
    const same = this.#recent
      .slice(-threshold * 3)
      .filter((one) => one.asked === asked && one.result === result)
    return same.length < threshold ? undefined : foundIn('repeated-call', 'calls', threshold, same)
  }

  #repeatedError({ error }: Call): Found | undefined {
    const threshold = this.#settings.errors
    const same = error === undefined ? [] : this.#errors.filter((one) => one.error === error)
    return same.length < threshold ? undefined : foundIn('repeated-error', 'errors', threshold, same)
  }

  /** All of the last steps since anything changed, two thirds of which brought nothing at all. */
  #noProgress(call: Call): Found | undefined {
    const threshold = this.#settings.steps
    if (this.#recent.length < threshold || this.idleSteps * 3 < threshold * 2) return undefined
    const found = foundIn('no-progress', 'steps', threshold, this.#recent)
    return call.failed ? found : withoutCall(found)
  }
}

function foundIn(kind: Found['kind'], unit: Found['unit'], threshold: number, calls: readonly Call[]): Found {
  const last = calls.at(-1)!
  const positions = calls.map(({ position }) => position)
  return {
    kind,
    measured: calls.length,
    threshold,
    unit,
    positions: [positions[0]!, ...positions.slice(1).slice(1 - POSITIONS_MAX)],
    sinceUnixNano: calls[0]!.atNano,
    ...(last.tool === undefined ? {} : { tool: last.tool }),
    ...(last.command === undefined ? {} : { command: last.command }),
    ...(last.errorText === undefined ? {} : { error: last.errorText }),
  }
}

const withoutCall = ({ tool: _tool, command: _command, error: _error, ...found }: Found): Found => found

/** The newest last; the oldest is forgotten. */
function remember(known: Map<string, string>, asked: string, result: string): void {
  known.delete(asked)
  known.set(asked, result)
  if (known.size <= KNOWN_MAX) return
  for (const oldest of known.keys()) {
    known.delete(oldest)
    return
  }
}
