import { formatBaggage, parseBaggage } from './baggage-header.ts'
import { Context, context } from './context.ts'
import { SilentSpan } from './span.ts'
import { isValidSpanContext, traceStateOf } from './span-context.ts'
import { formatTraceparent, parseTraceparent } from './traceparent.ts'
import { TraceState } from './trace-state.ts'

/**
 * What carries a context: Headers, Node's headers object, a Map, MCP's `_meta`, a message between agents. Names are found in any
 * case of letters.
 */
export type Carrier = object

/** The names a context is carried under. @internal */
export const FIELDS = ['traceparent', 'tracestate', 'baggage'] as const
type Field = (typeof FIELDS)[number]

/** The context that came in the carrier, on top of `base`; what is not valid is ignored, as W3C says. Never throws. */
export function extract(carrier: Carrier, base: Context = context.active()): Context {
  return extractWith((field) => read(carrier, field), base)
}

/** Puts the context into the carrier, which is returned. Without an active span or baggage nothing is put. Never throws. */
export function inject<C extends Carrier>(carrier: C, from: Context = context.active()): C {
  try {
    injectWith((field, value) => write(carrier, field, value), from)
  } catch {
    // Frozen, or immutable headers: the host's request goes out without it.
  }
  return carrier
}

/** @internal */
export function extractWith(get: (field: Field) => string | undefined, base: Context): Context {
  let extracted = base
  const parent = parseTraceparent(get('traceparent') ?? '')
  if (parent !== undefined) {
    const state = get('tracestate') ?? ''
    const traceState = state === '' ? undefined : TraceState.parse(state)
    extracted = extracted.withSpan(
      new SilentSpan(traceState === undefined ? parent : { ...parent, traceState }),
    )
  }
  const baggage = parseBaggage(get('baggage') ?? '')
  return baggage === undefined ? extracted : extracted.withBaggage(baggage)
}

/** @internal */
export function injectWith(set: (field: Field, value: string) => void, from: Context): void {
  const span = from.span?.spanContext()
  if (span !== undefined && isValidSpanContext(span)) {
    set('traceparent', formatTraceparent(span))
    const state = traceStateOf(span)
    if (state !== '') set('tracestate', state)
  }
  const baggage = from.baggage === undefined ? '' : formatBaggage(from.baggage)
  if (baggage !== '') set('baggage', baggage)
}

/** The environment's names: `TRACEPARENT`, `TRACESTATE`, `BAGGAGE`. Source: OpenTelemetry, "Environment variables as carriers". @internal */
export function contextOfEnvironment(env: Readonly<Record<string, string | undefined>>): Context {
  return extractWith((field) => env[field.toUpperCase()], new Context())
}

/** A copy of the environment that hands the context to a child process. @internal */
export function environmentWith(
  env: Readonly<Record<string, string | undefined>>,
  from: Context = context.active(),
): Record<string, string | undefined> {
  const handed = { ...env }
  // What this process was started with is its own parent, not the child's.
  for (const field of FIELDS) delete handed[field.toUpperCase()]
  injectWith((field, value) => (handed[field.toUpperCase()] = value), from)
  return handed
}

interface Fetchable {
  get(name: string): unknown
  set(name: string, value: string): unknown
}

const isFetchable = (carrier: Carrier): carrier is Fetchable =>
  typeof (carrier as Partial<Fetchable>).get === 'function' &&
  typeof (carrier as Partial<Fetchable>).set === 'function'

function read(carrier: Carrier, field: Field): string | undefined {
  try {
    return textOf(isFetchable(carrier) ? carrier.get(field) : valueOf(carrier, field), field)
  } catch {
    return undefined
  }
}

function valueOf(carrier: Carrier, field: Field): unknown {
  if (Object.hasOwn(carrier, field)) return (carrier as Record<string, unknown>)[field]
  const name = Object.keys(carrier).find((key) => key.toLowerCase() === field)
  return name === undefined ? undefined : (carrier as Record<string, unknown>)[name]
}

/** Lists may be sent in several headers, traceparent may not. */
function textOf(value: unknown, field: Field): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value) || !value.every((part) => typeof part === 'string')) return undefined
  return value.length === 1 || field !== 'traceparent' ? value.join(',') : undefined
}

function write(carrier: Carrier, field: Field, value: string): void {
  if (isFetchable(carrier)) carrier.set(field, value)
  else (carrier as Record<string, unknown>)[field] = value
}
