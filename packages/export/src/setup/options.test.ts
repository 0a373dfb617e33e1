import { resolveConfig } from '@spanledger/sdk/config'
import { expect, test } from 'vitest'
import { otlpOptions } from './options.ts'

const folderOf = (endpoint: string) => {
  const { config } = resolveConfig({
    code: { exporters: { otlp: { endpoint } }, spool: { enabled: true } },
    env: { HOME: '/home/me' },
    cwd: '/',
    readFile: () => undefined,
  })
  return otlpOptions(config).spool!.folder
}

test('what goes to one collector is never spooled for another', () => {
  expect(folderOf('http://a')).toBe(folderOf('http://a'))
  expect(folderOf('http://a')).not.toBe(folderOf('http://b'))
  expect(folderOf('http://a')).toMatch(/^\/home\/me\/\.spanledger\/spool\/[0-9a-f]{12}$/)
})
