import { type Variable, variableOf } from './key.ts'
import { TABLE } from './keys.ts'
import { type ConfigWarning, type Layer, readKeyInto } from './layer.ts'
import { nearest } from './nearest.ts'
import { textNode } from './yaml/node.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * What variables say: each key's own first, then the standard ones. An empty variable is one that is not set; one that cannot be
 * used is told and skipped, as the specification asks, and the next one counts.
 */
export function readEnvironment(
  env: Environment,
  options: {
    deno: boolean
    cwd: string
    userHome: string | undefined
    warn: (warning: ConfigWarning) => void
  },
): Layer {
  const layer: Layer = new Map()
  for (const { path, merges, variables } of VARIABLES) {
    for (const variable of variables) {
      const text = textOf(env, variable, options.deno)
      if (text === undefined) continue
      const before = layer.size
      readKeyInto(layer, path, textNode(text), {
        base: options.cwd,
        userHome: options.userHome,
        warn: options.warn,
        sourceAt: () => ({ kind: 'environment', variable: variable.name }),
      })
      if (layer.size > before && !merges) break
    }
  }
  warnOfStrangers(env, options.warn)
  return layer
}

/** Worked out once: the names do not change. Where variables add to each other, the first is read last, and wins. */
const VARIABLES = Object.entries(TABLE).map(([path, { env, kind }]) => {
  const merges = kind.merges === true
  const variables: Variable[] = [{ name: variableOf(path) }, ...env]
  return { path, merges, variables: merges ? variables.toReversed() : variables }
})

function textOf(
  env: Environment,
  { name, deno, as, with: other }: Variable,
  isDeno: boolean,
): string | undefined {
  if (deno === true && !isDeno) return undefined
  const text = env[name]?.trim()
  if (text === undefined || text === '') return undefined
  if (other !== undefined && !env[other]) return undefined
  return as === undefined ? text : as(text)
}

/** Standard ones, with the values they may have here and what to do in their place. */
const UNREAD: Readonly<Record<string, { fits: RegExp; next: string }>> = {
  OTEL_CONFIG_FILE: { fits: /^$/, next: 'write .spanledger/config.yaml: docs/reference/configuration.md' },
  OTEL_PROPAGATORS: { fits: /^(?:tracecontext|baggage|[, ])*$/, next: 'it is always tracecontext,baggage' },
}

const OWN = new Set(Object.keys(TABLE).map(variableOf))

/** Variables that are nearly ours; others with our prefix may belong to other parts. */
function warnOfStrangers(env: Environment, warn: (warning: ConfigWarning) => void): void {
  for (const variable of Object.keys(env)) {
    const unread = UNREAD[variable]
    if (unread && !unread.fits.test(env[variable] ?? ''))
      warn({
        code: 'UNKNOWN_KEY',
        message: `${variable} is not read`,
        next: unread.next,
        source: { kind: 'environment', variable },
      })
    if (!variable.startsWith('SPANLEDGER_') || variable === 'SPANLEDGER_HOME' || OWN.has(variable)) continue
    const near = nearest(variable, OWN)
    if (near !== undefined)
      warn({
        code: 'UNKNOWN_KEY',
        message: `there is no variable ${variable}`,
        next: `did you mean ${near}?`,
        source: { kind: 'environment', variable },
      })
  }
}
