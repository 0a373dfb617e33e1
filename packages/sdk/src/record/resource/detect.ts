import { readFileSync } from 'node:fs'
import { arch, hostname, platform, release } from 'node:os'
import { basename } from 'node:path'
import process from 'node:process'
import { attributeList } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import type { Resource } from '../data.ts'
import type { RecordLimits } from '../limits.ts'
import { gitAttributes } from './git.ts'

const SDK_NAME = 'spanledger'
const SDK_VERSION = '0.1.0'

export interface ResourceInput {
  env: Readonly<Record<string, string | undefined>>
  /** Where to look for a repository. */
  folder: string
  serviceName: string | undefined
  /** A UUID. */
  instanceId: string
  /** The program's own, which go before all others. */
  attributes: Attributes | undefined
  limits: RecordLimits
}

/**
 * Who records: service, process, host, container and repository. What the program says goes before OTEL_RESOURCE_ATTRIBUTES, which
 * goes before what is found. Command line arguments are left out: they hold prompts and secrets. Never throws.
 */
export function detectResource(input: ResourceInput): Resource {
  const { env, limits } = input
  const given = resourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '')
  const script = process.argv[1]
  const name = input.serviceName ?? (env['OTEL_SERVICE_NAME'] || undefined) ?? given['service.name']
  const attributes: Attributes = {
    'service.instance.id': input.instanceId,
    'telemetry.sdk.name': SDK_NAME,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': SDK_VERSION,
    'process.pid': process.pid,
    'process.executable.name': basename(process.execPath),
    'process.executable.path': process.execPath,
    'process.command': script,
    'process.runtime.name': runtime(),
    'process.runtime.version': runtimeVersion(),
    'host.name': hostname(),
    'host.arch': ARCHITECTURES[arch()] ?? arch(),
    'os.type': platform(),
    'os.version': release(),
    'container.id': containerId(),
    ...gitAttributes(input.folder),
    ...given,
    'service.name':
      name ?? `unknown_service:${script === undefined ? basename(process.execPath) : basename(script)}`,
    ...input.attributes,
  }
  return { attributes: attributeList(attributes, limits), schemaUrl: '' }
}

/** As semantic conventions name them. */
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm: 'arm32', ia32: 'x86' }

type Versions = Readonly<Record<string, string | undefined>>

const runtime = (): string =>
  (process.versions as Versions)['bun'] ? 'bun' : (process.versions as Versions)['deno'] ? 'deno' : 'nodejs'

const runtimeVersion = (): string => (process.versions as Versions)[runtime()] ?? process.versions.node

/** `key=value,key=value`, percent-encoded. One member that is none makes all of it none, as the specification says. */
export function resourceAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  try {
    for (const member of text.split(',')) {
      if (member.trim() === '') continue
      const equals = member.indexOf('=')
      if (equals < 1) return {}
      attributes[decodeURIComponent(member.slice(0, equals).trim())] = decodeURIComponent(
        member.slice(equals + 1).trim(),
      )
    }
    return attributes
  } catch {
    return {}
  }
}

/** Of Docker, containerd and Podman, as the kernel's files tell it. */
function containerId(): string | undefined {
  for (const path of ['/proc/self/cgroup', '/proc/self/mountinfo']) {
    try {
      const found = /(?:docker|libpod|crio|kubepods|containers)\S*?[/:-]([0-9a-f]{64})/.exec(
        readFileSync(path, 'utf8'),
      )
      if (found !== null) return found[1]
    } catch {
      return undefined
    }
  }
  return undefined
}
