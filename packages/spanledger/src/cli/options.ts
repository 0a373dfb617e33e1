import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { ParamInfo } from '../query/index.ts'

/** `minDuration` -> `min-duration`. */
const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A parameter as a person types it. */
export const typedAs = ({ name, place }: ParamInfo): string =>
  place === undefined ? `--${kebab(name)}` : kebab(name)

/** Turns a query's parameters into a command's arguments and options; their values are checked by the query itself, choices also here, where completion finds them. */
export function addParams(command: Command, params: readonly ParamInfo[]): void {
  for (const { name, place, many, required, summary, choices } of params.toSorted(
    (a, b) => (a.place ?? 0) - (b.place ?? 0),
  )) {
    if (place === undefined) continue
    const shown = many === true ? `${kebab(name)}...` : kebab(name)
    const argument = new Argument(required ? `<${shown}>` : `[${shown}]`, summary)
    command.addArgument(choices === undefined ? argument : argument.choices(choices))
  }
  for (const param of params) if (param.place === undefined) command.addOption(optionOf(param))
}

function optionOf({ name, value, many, summary, choices, default: fallback }: ParamInfo): Option {
  const help =
    fallback === undefined || fallback === false ? summary : `${summary} (${String(fallback)} unless told)`
  if (value === undefined) return new Option(`--${kebab(name)}`, help)
  const option = new Option(`--${kebab(name)} <${value}>`, help)
  if (choices !== undefined) return option.choices(choices)
  return many === true
    ? option.argParser((given: string, before: string[] | undefined) => [...(before ?? []), given])
    : option
}

/** The parameters that were given on the command line, by the query's names. */
export function paramsGiven(
  params: readonly ParamInfo[],
  args: readonly unknown[],
  options: Record<string, unknown>,
): Record<string, unknown> {
  const given: Record<string, unknown> = {}
  const placed = params.filter((param) => param.place !== undefined).toSorted((a, b) => a.place! - b.place!)
  placed.forEach(({ name }, i) => {
    if (args[i] !== undefined) given[name] = args[i]
  })
  for (const { name, place } of params)
    if (place === undefined && options[name] !== undefined) given[name] = options[name]
  return given
}

export function port(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.')
  return number
}

export function tries(text: string): number {
  if (!/^[012]$/.test(text)) throw new InvalidArgumentError('a command is tried again at most 2 times.')
  return Number(text)
}

const STOP_REASONS = ['stuck', 'runaway', 'budget', 'turns', 'context']

/** One of them; those that were given before stay. */
export function stopReason(text: string, before: readonly string[] = []): readonly string[] {
  if (!STOP_REASONS.includes(text))
    throw new InvalidArgumentError(`it is stopped when something is one of: ${STOP_REASONS.join(', ')}.`)
  return [...before, text]
}
