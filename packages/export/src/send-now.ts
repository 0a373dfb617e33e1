import { spawnSync } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OtlpExporterOptions } from './otlp-exporter.ts'
import type { EncodedRequest, Signal } from './outcome.ts'

export interface LastRequest extends EncodedRequest {
  signal: Signal
}

/** What last-send is told on standard input; it answers with a JSON list of booleans. */
export interface LastErrand {
  /** Without its functions, which JSON leaves out. */
  options: OtlpExporterOptions
  requests: { signal: Signal; encoding: EncodedRequest['encoding']; items: number; base64: string }[]
}

/** Runtimes that run a file when they are given one. A program compiled into one file would run itself again. */
const RUNTIME = /^(?<name>node|nodejs|bun|deno)[\d.-]*(?:\.exe)?$/
const DENO = ['run', '--no-prompt', '--allow-net', '--allow-read', '--allow-env', '--allow-sys']

/**
 * Sends requests before it returns, each once, and gives those the collector answered: for a process that ends now, whose own event
 * loop does not turn any more. A child does it, since no runtime offers a request that blocks: 70 ms on an idle machine, and
 * `timeoutMs` at most. None where the runtime cannot start one.
 */
export function sendNow(
  requests: readonly LastRequest[],
  options: OtlpExporterOptions,
  timeoutMs: number,
): Set<LastRequest> {
  const runtime = RUNTIME.exec(basename(process.execPath))?.groups?.['name']
  if (requests.length === 0 || timeoutMs < 1 || runtime === undefined) return new Set()
  // Not by `new URL`, which bundlers take for a file to copy, without what it imports.
  const script = join(dirname(fileURLToPath(import.meta.url)), 'last-send.js')
  const errand: LastErrand = {
    options,
    requests: requests.map(({ bytes, ...rest }) => ({
      ...rest,
      base64: Buffer.from(bytes).toString('base64'),
    })),
  }
  try {
    const { stdout } = spawnSync(process.execPath, [...(runtime === 'deno' ? DENO : []), script], {
      input: JSON.stringify(errand),
      timeout: timeoutMs,
      // Nothing that the host is started with is loaded again: not by variables, nor by the bunfig.toml of its folder.
      ...(runtime === 'bun' && { cwd: dirname(script) }),
      env: { ...process.env, NODE_OPTIONS: '', SPANLEDGER_ENABLED: 'false' },
      encoding: 'utf8',
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const answered = JSON.parse(stdout) as boolean[]
    return new Set(requests.filter((_request, index) => answered[index]))
  } catch {
    return new Set()
  }
}
