import {
  readConfigFile,
  readSection,
  resolveConfig,
  type ResolvedConfig,
  SECTION,
  sourceText,
} from '@spanledger/sdk/config'
import type { Finding } from '../../cli/index.ts'
import { ConfigError } from '../config.ts'
import { type DaemonSettings, daemonSettings } from './daemon-settings.ts'

/** Where a command stands: what it says depends on nothing else. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
}

export interface Inspected extends ResolvedConfig {
  daemon: DaemonSettings
  findings: Finding[]
}

/** Both parts of the configuration as they are now: the SDK's from everywhere, the daemon's from the home's file. */
export function inspectConfig({ env, cwd }: Surroundings): Inspected {
  const resolved = resolveConfig({ env, cwd, readFile: readConfigFile })
  const findings: Finding[] = resolved.warnings.map(({ code, message, next, source }) => ({
    where: sourceText(source),
    code,
    message,
    next,
  }))
  const home = resolved.files.find(({ kind }) => kind === 'home')
  const project = resolved.files.find(({ kind }) => kind === 'project')
  if (project !== undefined) findings.push(...withoutEffect(project.file, home?.file))
  try {
    const text = home?.found === true ? readConfigFile(home.file) : undefined
    return { ...resolved, findings, daemon: daemonSettings(home?.file ?? '', text ?? '') }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { line, message, next } of error.findings)
      findings.push({
        where: line === 0 ? error.file : `${error.file}:${line}`,
        code: error.code,
        message,
        next,
      })
    return { ...resolved, findings, daemon: daemonSettings('', '') }
  }
}

/** Keys of the daemon in a project's file: there is one daemon for many projects. */
function withoutEffect(file: string, home: string | undefined): Finding[] {
  let others: { key: string; line: number }[] = []
  try {
    others = readSection(readConfigFile(file) ?? '', SECTION).others
  } catch {
    // Told already.
  }
  return others.map(({ key, line }) => ({
    where: `${file}:${line}`,
    code: 'NO_EFFECT',
    message: `${key} has no effect in a project's file`,
    next: `move it to ${home ?? "the home's config.yaml"}, or remove it`,
  }))
}
