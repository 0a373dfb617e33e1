import { type ParamInfo, paramsOf, QUERIES, queryNamed } from '../../query/index.ts'
import { ASKING } from '../commands.ts'
import { SETTINGS, type SettingsName, settingsParams } from '../settings.ts'

/** The commands that ask, and those about settings, as docs/reference/cli.md has them: generated, so that they are what the program does. */
export function commandReference(): string {
  const asking = ASKING.map(({ path, query, withArgument, examples }) => {
    const params = [query, ...(withArgument === undefined ? [] : [withArgument])].flatMap((name) =>
      paramsOf(QUERIES[name].params),
    )
    const summary = `${queryNamed(query).summary}.${withArgument === undefined ? '' : ` With NAME: ${queryNamed(withArgument).summary}.`}`
    return section(path, summary, examples, params, withArgument !== undefined)
  })
  const settings = (Object.keys(SETTINGS) as SettingsName[]).map((name) => {
    const { path, summary, examples } = SETTINGS[name]
    return section(path, `${summary}.`, examples, settingsParams(name))
  })
  return [...asking, ...settings].join('\n')
}

function section(
  path: readonly string[],
  summary: string,
  examples: readonly string[],
  params: readonly ParamInfo[],
  argumentIsOptional = false,
): string {
  const placed = params.filter((param) => param.place !== undefined)
  const named = new Map(
    params.filter((param) => param.place === undefined).map((param) => [param.name, param]),
  ).values()
  const rows = [...named].map(row)
  const words = [
    ...path,
    ...placed.map(({ value, required }) => (required && !argumentIsOptional ? value : `[${value}]`)),
  ].join(' ')
  return [
    `### ${words}`,
    '',
    summary,
    '',
    ...examples.map((example) => `    ${example}`),
    '',
    ...(rows.length === 0 ? [] : ['| option | | unless told |', '|---|---|---|', ...rows, '']),
  ].join('\n')
}

function row({ name, value, summary, many, choices, default: fallback }: ParamInfo): string {
  const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const told =
    summary.replaceAll('|', '\\|') +
    (choices === undefined ? '' : `: ${choices.join(', ')}`) +
    (many === true && !summary.includes('again') ? '; may be given again' : '')
  return `| \`${option}${value === undefined ? '' : ` ${value}`}\` | ${told} | ${fallback === undefined ? '' : String(fallback)} |`
}
