import type { Source } from './config.ts'
import { TABLE } from './keys.ts'
import type { FaultCode, ReadContext } from './kind.ts'
import { nearest } from './nearest.ts'
import type { MapNode, Node, Place } from './yaml/node.ts'

/** What one source says: values by path; of a key that merges, one for each member. */
export type Layer = Map<string, Setting>

export interface Setting {
  value: unknown
  source: Source
}

/** Something in a source that was not used as it stands. Nothing of it is ever thrown. */
export interface ConfigWarning {
  code: FaultCode
  /** What is wrong, without where. */
  message: string
  /** What to do. */
  next: string
  source: Source
}

export interface LayerContext {
  base: string
  userHome: string | undefined
  sourceAt(place: Place): Source
  warn(warning: ConfigWarning): void
}

/** Puts what a node says about one key into the layer. */
export function readKeyInto(layer: Layer, path: string, node: Node, context: LayerContext): void {
  if (node.kind === 'scalar' && node.value === null) return
  const { kind } = TABLE[path]!
  const value = kind.read(node, readContext(path, context)) as unknown
  if (value === undefined) return
  if (kind.merges !== true) return void layer.set(path, { value, source: context.sourceAt(node) })
  const places = new Map(node.kind === 'map' ? node.entries.map((entry) => [entry.key, entry]) : [])
  for (const [name, member] of Object.entries(value as object))
    layer.set(`${path}.${name}`, { value: member, source: context.sourceAt(places.get(name) ?? node) })
}

/** What a whole tree says: a file's, or code's. */
export function readTree(layer: Layer, node: MapNode, context: LayerContext, prefix = ''): void {
  for (const entry of node.entries) {
    const path = prefix + entry.key
    const isGroup = GROUPS.has(path)
    if (Object.hasOwn(TABLE, path)) readKeyInto(layer, path, { ...entry.value, ...placeOf(entry) }, context)
    else if (isGroup && entry.value.kind === 'map') readTree(layer, entry.value, context, `${path}.`)
    else if (isGroup && !(entry.value.kind === 'scalar' && entry.value.value === null))
      tell(
        context,
        entry,
        'BAD_VALUE',
        `${path} takes keys, not a value`,
        `write for example ${path}.${firstOf(path)}`,
      )
    else if (!isGroup) tell(context, entry, 'UNKNOWN_KEY', `there is no key ${path}`, meant(path, prefix))
  }
}

/** Of a value, the line of its key: the line a person looks for. A list's or a map's members keep theirs. */
const placeOf = ({ line, column }: Place): Place => ({ line, column })

const GROUPS = new Set(
  Object.keys(TABLE).flatMap((path) =>
    path
      .split('.')
      .map((_, i, parts) => parts.slice(0, i).join('.'))
      .slice(1),
  ),
)

const firstOf = (group: string): string =>
  Object.keys(TABLE)
    .find((path) => path.startsWith(`${group}.`))!
    .slice(group.length + 1)

function readContext(path: string, context: LayerContext): ReadContext {
  return {
    base: context.base,
    userHome: context.userHome,
    secret: TABLE[path]!.secret,
    tell: (at, code, what, next) => tell(context, at, code, `${path}: ${what}`, next),
  }
}

function tell(
  { warn, sourceAt }: LayerContext,
  at: Place,
  code: FaultCode,
  message: string,
  next: string,
): void {
  warn({ code, message, next, source: sourceAt(at) })
}

/** Words other systems have for ours. */
const ELSEWHERE = new Map(
  Object.entries({
    event_store: 'exporters.ledger',
    eventStore: 'exporters.ledger',
    jaeger: 'exporters.otlp',
    rate: 'sampling.probability',
    ratio: 'sampling.probability',
    sampleRate: 'sampling.probability',
    serviceName: 'service.name',
  }),
)

/** A key of the same map that is nearly the same; else one of the same name elsewhere. */
function meant(path: string, prefix: string): string {
  const own = path.slice(prefix.length)
  const all = [...Object.keys(TABLE), ...GROUPS]
  const siblings = all.filter((each) => each.startsWith(prefix) && !each.slice(prefix.length).includes('.'))
  const near = nearest(
    own,
    siblings.map((each) => each.slice(prefix.length)),
  )
  const full =
    near === undefined
      ? (ELSEWHERE.get(own) ?? all.find((each) => each.endsWith(`.${own}`)) ?? nearest(path, all))
      : prefix + near
  return full === undefined
    ? `here are: ${siblings.map((each) => each.slice(prefix.length)).join(', ')}`
    : `did you mean ${full}?`
}
