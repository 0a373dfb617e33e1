import { type ParamInfo, paramsOf, QUERIES, queryNamed } from '../../query/index.ts'
import { ASKING } from '../commands.ts'

/** The commands that ask, as docs/reference/cli.md has them: generated, so that they are what the program does. */
export function commandReference(): string {
  return ASKING.map(({ path, query, withArgument, examples }) => {
    const params = [query, ...(withArgument === undefined ? [] : [withArgument])].flatMap((name) =>
      paramsOf(QUERIES[name].params),
    )
    const placed = params.filter((param) => param.place !== undefined)
    const named = [
      ...new Map(
        params.filter((param) => param.place === undefined).map((param) => [param.name, param]),
      ).values(),
    ]
    const words = [
      ...path,
      ...placed.map(({ value, required }) => (required && withArgument === undefined ? value : `[${value}]`)),
    ].join(' ')
    return [
      `### ${words}`,
      '',
      `${queryNamed(query).summary}.${withArgument === undefined ? '' : ` With NAME: ${queryNamed(withArgument).summary}.`}`,
      '',
      ...examples.map((example) => `    ${example}`),
      '',
      ...(named.length === 0 ? [] : ['| option | | unless told |', '|---|---|---|', ...named.map(row), '']),
    ].join('\n')
  }).join('\n')
}

function row({ name, value, summary, many, choices, default: fallback }: ParamInfo): string {
  const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const told =
    summary.replaceAll('|', '\\|') +
    (choices === undefined ? '' : `: ${choices.join(', ')}`) +
    (many === true && !summary.includes('again') ? '; may be given again' : '')
  return `| \`${option}${value === undefined ? '' : ` ${value}`}\` | ${told} | ${fallback === undefined ? '' : String(fallback)} |`
}
