import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CONFIG_BYTES_MAX, ConfigFileError, readConfigFile } from './index.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'spanledger-config-'))))
afterEach(() => rmSync(folder, { recursive: true }))

it('reads a file, and says undefined where there is none', () => {
  const file = join(folder, 'config.yaml')
  expect([readConfigFile(file), readConfigFile(join(file, 'below'))]).toEqual([undefined, undefined])
  writeFileSync(file, 'telemetry:\n')
  expect([readConfigFile(file), readConfigFile(join(file, 'below'))]).toEqual(['telemetry:\n', undefined])
})

it('does not read a huge file, nor a folder', () => {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, ' '.repeat(CONFIG_BYTES_MAX + 1))
  expect(() => readConfigFile(file)).toThrow(ConfigFileError)
  expect(() => readConfigFile(folder)).toThrow(/EISDIR|is a directory/i)
})
