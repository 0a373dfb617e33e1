import { readFileSync } from 'node:fs'
import { arch, hostname, platform, release } from 'node:os'
import { basename } from 'node:path'
import { attributeList } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import type { Resource } from '../data.ts'
import { gitAttributes } from './git.ts'

const SDK_NAME = 'spanledger'
const SDK_VERSION = '0.1.0'

export interface ResourceInput {
  /** Where to look for a repository. */
  folder: string
  /** What the script is called unless given. */
  serviceName: string | undefined
  /** What files and variables say. */
  configured: Attributes
  /** A UUID. */
  instanceId: string
  /** The program's own, which go before all others. */
  attributes: Attributes | undefined
}

/**
 * Who records: service, process, host, container and repository. What the program says goes before what is configured, which goes
 * before what is found. Command line arguments are left out: they hold prompts and secrets. Never throws.
 *
 * @internal
 */
export function detectResource(input: ResourceInput): Resource {
  const script = process.argv[1]
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
    ...input.configured,
    'service.name':
      input.serviceName ??
      `unknown_service:${script === undefined ? basename(process.execPath) : basename(script)}`,
    ...input.attributes,
  }
  return { attributes: attributeList(attributes), schemaUrl: '' }
}

/** As semantic conventions name them. */
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm: 'arm32', ia32: 'x86' }

type Versions = Readonly<Record<string, string | undefined>>

const runtime = (): string =>
  (process.versions as Versions)['bun'] ? 'bun' : (process.versions as Versions)['deno'] ? 'deno' : 'nodejs'

const runtimeVersion = (): string => (process.versions as Versions)[runtime()] ?? process.versions.node

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
