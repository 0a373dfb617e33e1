import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor, hashOf, RedactionConfigError, type RedactionConfig } from './index.ts'
import { RULES } from './rules.ts'
import { createSensitiveKeys } from './sensitive-keys.ts'

const secret = ['gl', 'pat-', 'a1B2c3D4e5F6g7H8i9J0'].join('')
const action = (key: string, config: Partial<RedactionConfig> = {}): string => {
  const policy = createRedactor(config).policyOfKey(key)
  return policy.action === 'replace' ? policy.mark : policy.action
}

describe('sensitive names', () => {
  const isSensitive = createSensitiveKeys([])
  test.each([
    'authorization',
    'http.request.header.authorization',
    'http.request.header.x-api-key',
    'http.response.header.set-cookie',
    'db.password',
    'DB_PASSWORD',
    'user.passwd',
    'clientSecret',
    'client_secret',
    'apiKey',
    'APIKEY',
    'aws.secret_access_key',
    'access_token',
    'refreshToken',
    'GITHUB_TOKEN',
    'token',
    'ssh.private_key',
    'SECRET_KEY_BASE',
    'credentials',
  ])('%s is one', (key) => expect(isSensitive(key)).toBe(true))

  test.each([
    'gen_ai.usage.input_tokens',
    'max_tokens',
    'gen_ai.token.type',
    'token_type',
    'input_token_count',
    'cache_creation_tokens',
    'ai.usage.tokens',
    'next_page_token',
    'password_length',
    'auth.header_name',
    'auth.env_openai_api_key_present',
    'credential_kind',
    'secretary',
    'cookie.count',
    'keyboard',
    'session.id',
    'prompt.id',
    'api_key_enabled',
    'PWD',
    'OLDPWD',
  ])('%s is none', (key) => expect(isSensitive(key)).toBe(false))
})

describe('configuration', () => {
  test('off means off', () => {
    const off = createRedactor({ enabled: false, content: { prompts: 'drop' } })
    expect(off.redact(secret)).toEqual({ text: secret, count: 0 })
    expect([
      off.policyOfKey('password'),
      off.policyOfKey('prompt'),
      off.policyOfBody('gen_ai.user.message'),
    ]).toEqual([0, 1, 2].map(() => ({ action: 'scan' })))
    expect(off.scans).toBe('none')
  })

  test('patterns of one’s own, beside the built-in rules', () => {
    const redactor = createRedactor({ patterns: [{ name: 'employee', regex: 'emp-\\d+', flags: 'i' }] })
    expect(redactor.redact(`EMP-17 has ${secret}, emp-18 not`)).toEqual({
      text: '[redacted:employee] has [redacted:gitlab-token], [redacted:employee] not',
      count: 3,
    })
    expect(createRedactor({ patterns: [{ name: 'empty', regex: 'x*' }] }).redact('axxb').text).toBe(
      'a[redacted:empty]b',
    )
  })

  test.each<[Partial<RedactionConfig>, string, RegExp]>([
    [
      {
        patterns: [
          { name: 'ok', regex: 'a' },
          { name: 'broken', regex: '(' },
        ],
      },
      'patterns[1].regex',
      /pattern "broken"/,
    ],
    [{ patterns: [{ name: 'flags', regex: 'a', flags: 'q' }] }, 'patterns[0].regex', /pattern "flags"/],
    [{ patterns: [{ name: 'no name!', regex: 'a' }] }, 'patterns[0].name', /"no name!" is not a name/],
  ])('a bad pattern is an error that names it: %j', (config, where, message) => {
    const create = (): unknown => createRedactor(config)
    expect(create).toThrow(RedactionConfigError)
    expect(create).toThrow(message)
    expect(create).toThrow(`redaction.${where}`)
  })

  test('further names', () => {
    expect(action('app.licence_plate')).toBe('scan')
    expect(action('app.licence_plate', { keys: ['licence-plate'] })).toBe('[redacted:sensitive-key]')
  })

  test('allow: a rule, a name, an exact text', () => {
    expect(createRedactor({ allow: ['gitlab-token'] }).redact(secret).count).toBe(0)
    expect(createRedactor({ allow: [secret] }).redact(`${secret} ${secret}X`).text).toBe(
      `${secret} [redacted:gitlab-token]`,
    )
    expect(createRedactor({ allow: ['not-secret-1'] }).redact('password=not-secret-1').count).toBe(0)
    expect(action('token', { allow: ['token'] })).toBe('scan')
    expect(action('user.email', { allow: ['email'] })).toBe('scan')
    expect(action('user.email')).toBe('[redacted:email]')
  })

  test('content by name of attribute', () => {
    const content = { prompts: 'drop', toolInput: 'hash', toolOutput: 'keep' } as const
    expect(action('gen_ai.input.messages', { content })).toBe('[redacted:prompts]')
    expect(action('ai.toolCall.args', { content })).toBe('hash')
    expect(action('ai.toolCall.result', { content })).toBe('scan')
    expect(action('ai.response.text', { content })).toBe('scan')
    expect(action('constructor', { content })).toBe('scan')
    expect(createRedactor({ content }).policyOfBody('gen_ai.system.message')).toEqual({
      action: 'replace',
      mark: '[redacted:prompts]',
    })
    expect(createRedactor({ content }).readsBodies).toBe(true)
    expect(createRedactor().readsBodies).toBe(false)
    expect(hashOf('abc')).toBe('[sha256:ba7816bf8f01cfea]')
  })
})

describe('laws', () => {
  const redactor = createRedactor()
  const triggers = RULES.flatMap((rule) => [...rule.triggers])
  const pieces = fc.oneof(
    fc.constantFrom(...triggers, ...triggers.map((trigger) => trigger.toUpperCase())),
    fc.constantFrom(
      secret,
      '=',
      ': ',
      '"',
      '\\"',
      ' ',
      '\n',
      '://u:p4ss@h',
      'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0',
      '-----BEGIN ',
      '[redacted:x]',
      '🔑',
    ),
    fc.string({ unit: 'grapheme', maxLength: 10 }),
    fc.base64String({ maxLength: 60 }),
  )
  const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))

  test('the prefilter misses nothing any rule would find', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(text)
        const found = redactor.prefilter.rulesIn(bytes, 0, bytes.length)
        const missed = RULES.filter(
          (rule, index) => (found & (1 << index)) === 0 && new RegExp(rule.regex).test(text),
        )
        expect(missed.map((rule) => rule.name)).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  test('redacting again changes nothing, and bytes are redacted as text is', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = redactor.redact(text)
        expect(redactor.redact(once.text).text).toBe(once.text)
        const bytes = Buffer.from(`..${text}..`)
        expect(redactor.redactBytes(bytes, 2, bytes.length - 2)?.text ?? text).toBe(once.text)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    'sk-',
    'eyJ',
    'token=',
    'password: ',
    '-----BEGIN PRIVATE KEY-----',
    '://a:',
    'Bearer ',
    'AKIA',
    'a',
    '-',
    '\\',
    '"secret":"',
    'hf_',
  ])('half a megabyte of %j is no trap', (piece) => {
    const text = piece.repeat(Math.ceil(500_000 / piece.length))
    expect(redactor.redact(`${text}@ ${secret}`).text).toContain('[redacted:')
  })
})
