import { SECTION, sourceText, TABLE, withoutPassword } from '@spanledger/sdk/config'
import type { ConfigAnswer, ConfigCheckAnswer, SettingRow } from '../../cli/index.ts'
import { type Refusal, refusal } from '../../query/index.ts'
import { type Inspected, inspectConfig, type Surroundings } from './inspect.ts'

export interface ShowParams {
  prefix?: string | undefined
  all?: boolean | undefined
}

export function showConfig(
  surroundings: Surroundings,
  { prefix, all = false }: ShowParams,
): ConfigAnswer | Refusal {
  const inspected = inspectConfig(surroundings)
  const { daemon, files, findings } = inspected
  const meant = [...sdkRows(inspected), ...daemon].filter(
    ({ key }) => prefix === undefined || key === prefix || key.startsWith(`${prefix}.`),
  )
  if (meant.length === 0)
    return refusal(
      'BAD_PARAMETER',
      `there is no setting ${prefix}`,
      'see which there are: spanledger config show --all',
    )
  const settings = meant.filter(({ value, isDefault }) => all || value !== null || !isDefault)
  return { settings, files, findings }
}

export function checkConfig(surroundings: Surroundings): ConfigCheckAnswer {
  const { files, findings } = inspectConfig(surroundings)
  return { ok: findings.length === 0, files, findings }
}

function sdkRows({ config, sources }: Inspected): SettingRow[] {
  return Object.entries(sources).map(([path, source]) => {
    const value = valueAt(config, path)
    return {
      key: `${SECTION}.${path}`,
      value: masked(value ?? null, TABLE[path]?.secret === true),
      source: sourceText(source),
      isDefault: source.kind === 'default',
    }
  })
}

/** `resource.service.x` is one attribute's name behind its first dot. */
function valueAt(config: object, path: string): unknown {
  const [first, ...rest] = path.split('.')
  if (first === 'resource' && rest.length > 0)
    return (config as { resource: Record<string, unknown> }).resource[rest.join('.')]
  return path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], config)
}

function masked(value: unknown, secret: boolean): unknown {
  if (typeof value === 'string') return secret ? '***' : withoutPassword(value)
  if (!secret || value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.keys(value).map((name) => [name, '***']))
}
