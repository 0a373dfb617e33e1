import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * Runs W3C's trace-context harness, strict, against a server instrumented with the SDK: `npm run test:w3c -- CHECKOUT [PYTHON]`.
 * CHECKOUT is one of github.com/w3c/trace-context; PYTHON, python3 unless told, has aiohttp.
 */
const [checkout, python = 'python3'] = process.argv.slice(2)
const harness = checkout === undefined ? undefined : join(checkout, 'test')
if (harness === undefined || !existsSync(join(harness, 'test.py'))) {
  console.error(
    'usage: npm run test:w3c -- CHECKOUT [PYTHON]\nCHECKOUT: a checkout of github.com/w3c/trace-context',
  )
  process.exit(2)
}

const service = spawn(process.execPath, [fileURLToPath(new URL('w3c/service.mjs', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [url] = await new Promise((resolve, reject) => {
  createInterface(service.stdout).once('line', (line) => resolve([line]))
  service.once('exit', (code) => reject(new Error(`the service ended with ${code}`)))
})
const env = { ...process.env, STRICT_LEVEL: '2' }
const tests = spawn(python, ['test.py', url], { cwd: harness, env, stdio: 'inherit' })
const code = await new Promise((resolve) => tests.once('exit', resolve))
service.kill()
process.exit(code ?? 1)
