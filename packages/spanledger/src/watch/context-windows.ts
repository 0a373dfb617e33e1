import { readFile } from 'node:fs/promises'

/** How many tokens a request to a model may hold; undefined for models nobody told us about. */
export type ContextWindow = (model: string, agent: string) => number | undefined

interface Window {
  /** A `*` at the end stands for anything. */
  model: string
  agent?: string
  tokens: number
}

const OURS = new URL('../../data/context-windows.json', import.meta.url)
const EXTENDED = 1_000_000

/** own  the user's, before those that come with the package */
export async function loadContextWindows(own: Readonly<Record<string, number>> = {}): Promise<ContextWindow> {
  const { windows } = JSON.parse(await readFile(OURS, 'utf8')) as { windows: Window[] }
  return contextWindows([Object.entries(own).map(([model, tokens]) => ({ model, tokens })), windows])
}

function contextWindows(tables: readonly (readonly Window[])[]): ContextWindow {
  return (model, agent) => {
    const name = model.replace(/^.*\//, '').replace(/\[.*\]$/, '')
    const known = tables
      .map((table) => bestOf(table, name, agent) ?? bestOf(table, name, undefined))
      .find((window) => window !== undefined)
    return model.endsWith('[1m]') ? Math.max(EXTENDED, known?.tokens ?? 0) : known?.tokens
  }
}

/** The longest name that fits. */
function bestOf(table: readonly Window[], name: string, agent: string | undefined): Window | undefined {
  const fits = ({ model }: Window): boolean =>
    model === name || (model.endsWith('*') && name.startsWith(model.slice(0, -1)))
  return table
    .filter((window) => window.agent === agent && fits(window))
    .toSorted((a, b) => b.model.length - a.model.length)[0]
}
