import { resolve } from 'node:path'
import type { Kind, ReadContext } from './kind.ts'
import type { Node, ScalarNode } from './yaml/node.ts'

/** Milliseconds; in a file, `30s`. */
export type Milliseconds = number

const TEXT_LENGTH_MAX = 4096
const DAY_MS = 86_400_000

/** A kind that is written as one scalar. */
function scalarKind<T>(
  takes: string,
  parse: (text: string, context: ReadContext, node: ScalarNode) => T | Fault,
): Kind<T> {
  return {
    takes,
    read(node, context) {
      if (node.kind !== 'scalar') {
        context.tell(node, 'BAD_VALUE', `a ${node.kind} is not ${takes}`, `write ${takes}`)
        return undefined
      }
      const value = parse(node.text, context, node)
      if (!(value instanceof Fault)) return value
      context.tell(
        node,
        'BAD_VALUE',
        `${context.secret ? 'this' : shown(node.text)} ${value.what}`,
        value.next,
      )
      return undefined
    },
  }
}

class Fault {
  readonly what: string
  readonly next: string
  constructor(what: string, next: string) {
    this.what = what
    this.next = next
  }
}

const shown = (text: string): string =>
  JSON.stringify(withoutPassword(text.length > 60 ? `${text.slice(0, 60)}…` : text))

/** `https://user:password@host` without the part that is nobody's business. */
export const withoutPassword = (address: string): string => address.replace(/\/\/[^/@]*@/, '//***@')

export const boolean = scalarKind('true or false', (text) =>
  /^(?:true|false)$/i.test(text)
    ? text.toLowerCase() === 'true'
    : new Fault('is not true or false', 'write true or false'),
)

export const text = scalarKind('text', (given) =>
  given === '' || given.length > TEXT_LENGTH_MAX
    ? new Fault('is empty or too long', `write 1 to ${TEXT_LENGTH_MAX} characters`)
    : given,
)

export const choice = <const T extends string>(of: readonly T[]): Kind<T> =>
  scalarKind(of.join(', '), (given) => {
    const found = of.find((each) => each === given.toLowerCase())
    return found ?? new Fault(`is none of ${of.join(', ')}`, 'write one of them')
  })

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds as a number; in text also with a unit. */
export const duration: Kind<Milliseconds> = scalarKind('a duration such as 500ms, 30s or 5m', (given) => {
  const [, number, unit = 'ms'] = /^(\d{1,12}(?:\.\d{1,6})?) ?(ms|s|m|h)?$/.exec(given) ?? []
  const ms = Number(number) * UNIT_MS[unit]!
  return ms >= 1 && ms <= DAY_MS
    ? Math.round(ms)
    : new Fault('is no duration from 1 ms to 24 h', 'write milliseconds, or a number with ms, s, m or h')
})

const UNIT_BYTES: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

export const bytes: Kind<number> = scalarKind('a size such as 64MB', (given) => {
  const [, number, unit = 'b'] = /^(\d{1,15}(?:\.\d{1,6})?) ?(b|[kmg]i?b)?$/i.exec(given) ?? []
  const size = Math.round(Number(number) * UNIT_BYTES[unit.toLowerCase()]!)
  return size >= 1 && Number.isSafeInteger(size)
    ? size
    : new Fault('is no size', 'write bytes, or a number with kB, MB, GB, KiB, MiB or GiB')
})

export const count = (min: number, max: number): Kind<number> =>
  scalarKind(`a whole number from ${min} to ${max}`, (given) => {
    const number = /^[+-]?\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    return number >= min && number <= max
      ? number
      : new Fault(`is no whole number from ${min} to ${max}`, 'write such a number')
  })

/** From 0 to 1; what is outside is taken as the nearer end, and told. */
export const probability: Kind<number> = scalarKind('a number from 0 to 1', (given, { tell }, node) => {
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(given) ? Number(given) : Number.NaN
  if (Number.isNaN(number))
    return new Fault('is no number', 'write a number from 0 to 1, such as 0.1 for a tenth')
  const clamped = Math.min(1, Math.max(0, number))
  if (clamped !== number)
    tell(node, 'CLAMPED', `${given} is outside 0 to 1, and taken as ${clamped}`, 'write a number from 0 to 1')
  return clamped
})

/** An address; `host:port` alone is one whose scheme follows from `insecure`. */
export const endpoint: Kind<string> = scalarKind('an address such as http://localhost:4318', (given) => {
  if (/^[\w.-]+:\d{1,5}$/.test(given) && !given.endsWith(':14268')) return given
  const url = /^https?:\/\//i.test(given) && URL.canParse(given) ? new URL(given) : undefined
  if (/:14268\b/.test(given) || url?.pathname === '/api/traces')
    return new Fault(
      "is Jaeger's old collector, which takes no OTLP",
      `write ${url === undefined ? 'http://localhost' : `${url.protocol}//${url.hostname}`}:4318, Jaeger's port for OTLP`,
    )
  return url === undefined ? new Fault('is no address', 'write http://HOST:PORT or https://HOST:PORT') : given
})

/** Absolute; relative ones are relative to the folder of the file that says so, elsewhere to the working directory. */
export const path: Kind<string> = scalarKind('a path', (given, { base, userHome }) => {
  if (given === '' || given.includes('\0')) return new Fault('is no path', 'write one')
  if (given !== '~' && !given.startsWith('~/')) return resolve(base, given)
  return userHome === undefined
    ? new Fault('has no home folder: HOME is empty', 'write an absolute path')
    : resolve(userHome, `.${given.slice(1)}`)
})

/** Names, separated by commas or as a list. */
export const choices = <const T extends string>(of: readonly T[]): Kind<T[]> => {
  const one = choice(of)
  return {
    takes: `one or several of ${of.join(', ')}`,
    read(node, context) {
      const items: Node[] =
        node.kind === 'list'
          ? node.items
          : node.kind === 'scalar'
            ? node.text.split(',').map((each) => ({ ...node, text: each.trim() }))
            : [node]
      const read = items.map((item) => one.read(item, context)).filter((each) => each !== undefined)
      return read.length === 0 ? undefined : [...new Set(read)]
    },
  }
}
