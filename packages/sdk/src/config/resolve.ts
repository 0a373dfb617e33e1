import { join, resolve } from 'node:path'
import type { PartialConfig, SdkConfig, Source } from './config.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { ConfigFileError, type ReadFile, readFileLayer } from './file.ts'
import { homeOf, projectFiles, userHomeOf } from './find.ts'
import { type Get, isDerived } from './key.ts'
import { type KeyPath, TABLE } from './keys.ts'
import { type ConfigWarning, type Layer, readTree, type Setting } from './layer.ts'
import { nodeOf } from './yaml/node.ts'

export interface ConfigOptions {
  /** What code says: comes before everything else. */
  code?: PartialConfig
  env: Environment
  /** The working directory, absolute: the project's file is looked for there and above. */
  cwd: string
  readFile: ReadFile
  /** Whether variables of Deno's count. */
  deno?: boolean
}

export interface ResolvedConfig {
  config: SdkConfig
  /** Of every key, and of every attribute of the resource as `resource.NAME`. */
  sources: Record<string, Source>
  /** To be told once; never a reason not to start. */
  warnings: ConfigWarning[]
  /** The files that were looked for: the home's always, the project's where there is one. */
  files: { kind: 'project' | 'home'; file: string; found: boolean }[]
}

/**
 * Decides every setting: code > variables > the project's file > the home's file > defaults, key by key.
 *
 * Never throws: what cannot be used is a warning, and the next source decides.
 */
export function resolveConfig({
  code,
  env,
  cwd,
  readFile,
  deno = 'Deno' in globalThis,
}: ConfigOptions): ResolvedConfig {
  const warnings: ConfigWarning[] = []
  const warn = (warning: ConfigWarning): void => void warnings.push(warning)
  const userHome = userHomeOf(env)
  const home = homeOf(env, cwd, userHome)
  const files: ResolvedConfig['files'] = []

  const read = (kind: 'project' | 'home', file: string): Layer | undefined => {
    const text = readQuietly(readFile, kind, file, warn)
    if (kind === 'home' || text !== undefined) files.push({ kind, file, found: text !== undefined })
    return text === undefined ? undefined : readFileLayer(text, { kind, file, userHome, warn })
  }
  const layers = [
    codeLayer(code, { cwd, userHome, warn }),
    readEnvironment(env, { deno, cwd, userHome, warn }),
    projectLayer(cwd, [home, userHome && resolve(userHome, '.spanledger')], read),
    home === undefined ? undefined : read('home', join(home, 'config.yaml')),
  ].filter((layer) => layer !== undefined)
  for (const layer of layers) liftServiceNames(layer)
  return { ...decide(layers, home), warnings, files }
}

function codeLayer(
  code: PartialConfig | undefined,
  {
    cwd,
    userHome,
    warn,
  }: { cwd: string; userHome: string | undefined; warn: (warning: ConfigWarning) => void },
): Layer {
  const layer: Layer = new Map()
  try {
    const node = nodeOf(code ?? {})
    if (node?.kind === 'map')
      readTree(layer, node, { base: cwd, userHome, warn, sourceAt: () => ({ kind: 'code' }) })
  } catch (error) {
    // A getter of the host's.
    warn({
      code: 'BAD_VALUE',
      message: `reading it failed: ${String(error)}`,
      next: 'give a plain object',
      source: { kind: 'code' },
    })
  }
  return layer
}

/** The nearest file that is not a home's: a home above the working directory is nobody's project. */
function projectLayer(
  cwd: string,
  homes: readonly (string | undefined)[],
  read: (kind: 'project', file: string) => Layer | undefined,
): Layer | undefined {
  const notThese = homes.map((home) => home && join(home, 'config.yaml'))
  for (const file of projectFiles(cwd)) {
    const layer = notThese.includes(file) ? undefined : read('project', file)
    if (layer !== undefined) return layer
  }
  return undefined
}

function readQuietly(
  readFile: ReadFile,
  kind: 'project' | 'home',
  file: string,
  warn: (warning: ConfigWarning) => void,
): string | undefined {
  try {
    return readFile(file)
  } catch (error) {
    const { message } = error as Error
    const next = error instanceof ConfigFileError ? error.next : 'check who may read it'
    warn({ code: 'BAD_FILE', message, next, source: { kind, file, line: 0 } })
    // Empty, not missing: what lies above is not this project's.
    return kind === 'project' ? '' : undefined
  }
}

/** `service.name` may also stand among the attributes of the resource; the key itself wins within one source. */
function liftServiceNames(layer: Layer): void {
  for (const path of ['service.name', 'service.version'] as const) {
    const attribute = layer.get(`resource.${path}`)
    layer.delete(`resource.${path}`)
    if (attribute !== undefined && !layer.has(path))
      layer.set(path, { ...attribute, value: String(attribute.value) })
  }
}

function decide(
  layers: readonly Layer[],
  home: string | undefined,
): Pick<ResolvedConfig, 'config' | 'sources'> {
  const given = (path: string): Setting | undefined => {
    for (const layer of layers) if (layer.has(path)) return layer.get(path)
    return undefined
  }
  const get: Get = (path) => {
    const setting = given(path)
    return setting === undefined
      ? { value: fallback(path).value, isSet: false }
      : { value: setting.value, isSet: true }
  }
  const fallback = (path: string): Setting => {
    if (path === HOME_KEY) return { value: home, source: { kind: 'default' } }
    const row = TABLE[path]!
    if (!isDerived<unknown>(row.default)) return { value: row.default, source: { kind: 'default' } }
    const { value, because } = row.default.derive(get)
    return { value, source: because === undefined ? { kind: 'default' } : { kind: 'default', because } }
  }
  const config: Record<string, unknown> = {}
  const sources: Record<string, Source> = {}
  for (const [path, { kind }] of Object.entries(TABLE)) {
    if (kind.merges === true) {
      const members = membersOf(path, layers)
      put(config, path, Object.fromEntries([...members].map(([name, { value }]) => [name, value])))
      for (const [name, { source }] of members) sources[`${path}.${name}`] = source
      if (members.size === 0) sources[path] = { kind: 'default' }
      continue
    }
    const { value, source } = given(path) ?? fallback(path)
    put(config, path, value)
    sources[path] = source
  }
  return { config: config as unknown as SdkConfig, sources }
}

const HOME_KEY = 'exporters.ledger.home' satisfies KeyPath

/** Of each name the highest source. */
function membersOf(path: string, layers: readonly Layer[]): Map<string, Setting> {
  const members = new Map<string, Setting>()
  for (const layer of layers)
    for (const [each, setting] of layer) {
      if (!each.startsWith(`${path}.`)) continue
      const name = each.slice(path.length + 1)
      if (!members.has(name)) members.set(name, setting)
    }
  return members
}

function put(config: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.split('.')
  const last = parts.pop()!
  let at = config
  for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>
  at[last] = value
}
