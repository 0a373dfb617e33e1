/* oxlint-disable no-useless-concat -- made-up keys are put together here so that no scanner finds one in the repository */
import { describe, expect, test } from 'vitest'
import { createRedactor } from './index.ts'

const redactor = createRedactor()

/** Long enough bodies for made-up keys. */
const mixed = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6'
const of = (length: number): string => mixed.slice(0, length)
const hex64 = '9f86d081884c7d659a2feaa0c55ad015' + 'a3bf4f1b2b0b822cd15d6c15b0f00a08'
const jwt = [
  'eyJ' + 'hbGciOiJIUzI1NiJ9',
  'eyJ' + 'zdWIiOiIxMjM0NTY3ODkwIn0',
  'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
].join('.')
const pem = (kind: string): string =>
  [
    '-----BEGIN ' + kind + 'PRIVATE KEY-----',
    of(52) + of(12),
    of(40) + '==',
    '-----END ' + kind + 'PRIVATE KEY-----',
  ].join('\n')
const basic = (text: string): string => Buffer.from(text).toString('base64')

/** [rule, text, what must be left of it] */
const SECRETS: [rule: string, text: string, left: string][] = [
  ['aws-access-key', `using ${'AKIA' + 'IOSFODNN7EXAMPL2'} now`, 'using § now'],
  ['aws-access-key', `{"id":"${'ASIA' + 'Y34FZKBOKMUTVV7A'}"}`, '{"id":"§"}'],
  ['assignment', `aws_secret_access_key = ${of(40)}`, 'aws_secret_access_key = §'],
  [
    'assignment',
    `export AWS_SECRET_ACCESS_KEY=${'wJalrXUtnFEMI/K7MDENG/' + 'bPxRfiCYEXAMPLEKEY'}`,
    'export AWS_SECRET_ACCESS_KEY=§',
  ],
  ['anthropic-key', `key ${'sk-' + 'ant-api03-' + of(40)}.`, 'key §.'],
  ['openai-key', `x=${'sk-' + of(48)}`, 'x=§'],
  ['openai-key', `"${'sk-' + 'proj-' + of(40)}"`, '"§"'],
  ['openai-key', `${'sk-' + 'svcacct-' + of(40)}`, '§'],
  ['openai-key', `${'sk-' + 'or-v1-' + hex64}`, '§'],
  ['google-key', `?key=${'AIza' + 'SyD' + of(32)}&alt=json`, '?key=§&alt=json'],
  ['google-key', `${'ya29' + '.' + of(50)}`, '§'],
  ['google-key', `${'GOCSPX' + '-' + of(28)}`, '§'],
  [
    'github-token',
    `git clone https://${'ghp' + '_' + of(36)}@github.com/a/b`,
    'git clone https://§@github.com/a/b',
  ],
  ['github-token', `${'gho' + '_' + of(36)} ${'ghs' + '_' + of(36)}`, '§ §'],
  ['github-token', `${'github' + '_pat_' + of(22) + '_' + of(50)}`, '§'],
  ['gitlab-token', `${'gl' + 'pat-' + of(20)}`, '§'],
  ['slack-token', `${'xo' + 'xb-123456789012-123456789012-' + of(24)}`, '§'],
  [
    'slack-token',
    `https://hooks.slack.com/services/${'T00000000/B00000000/' + of(24)}`,
    'https://hooks.slack.com/services/§',
  ],
  ['stripe-key', `${'sk' + '_live_' + of(24)} ${'rk' + '_live_' + of(24)}`, '§ §'],
  ['npm-token', `//registry.example/:_auth ${'npm' + '_' + of(36)}`, '//registry.example/:_auth §'],
  ['pypi-token', `${'pypi' + '-AgEIcHlwaS5vcmc' + of(50)}`, '§'],
  ['huggingface-token', `${'hf' + '_' + of(34)}`, '§'],
  ['sendgrid-key', `${'SG' + '.' + of(22) + '.' + of(43)}`, '§'],
  ['jwt', `cookie: s=${jwt}; path=/`, 'cookie: s=§; path=/'],
  ['private-key', `before\n${pem('RSA ')}\nafter`, 'before\n§\nafter'],
  ['private-key', pem(''), '§'],
  ['private-key', `{"private_key": ${JSON.stringify(pem(''))}}`, '{"private_key": "§"}'],
  ['private-key', pem('OPENSSH ').slice(0, 100), '§'],
  [
    'connection-string',
    'postgres://app:' + 'hunter2' + '@db.internal:5432/shop?x=1',
    'postgres://app:§@db.internal:5432/shop?x=1',
  ],
  ['connection-string', 'redis://:' + 's3cr-et' + '@cache:6379', 'redis://:§@cache:6379'],
  ['connection-string', 'amqps://u:' + 'p%40ss:w' + '@mq/v', 'amqps://u:§@mq/v'],
  ['bearer', `curl -H 'X: Bearer ${of(32)}'`, "curl -H 'X: Bearer §'"],
  ['basic', `proxy says Basic ${basic('aladdin:opensesame')}`, 'proxy says Basic §'],
  ['authorization', `Authorization: Bearer ${of(12)}`, 'Authorization: Bearer §'],
  ['authorization', `{"authorization":"Basic ${basic('a:b')}"}`, '{"authorization":"Basic §"}'],
  ['authorization', `{\\"Authorization\\":\\"token ${of(20)}\\"}`, '{\\"Authorization\\":\\"token §\\"}'],
  [
    'azure-key',
    `AccountName=a;AccountKey=${of(50) + '=='};EndpointSuffix=x`,
    'AccountName=a;AccountKey=§;EndpointSuffix=x',
  ],
  [
    'azure-key',
    `https://a.blob.example/c?sv=2020&sig=${of(30)}%3D&se=1`,
    'https://a.blob.example/c?sv=2020&sig=§&se=1',
  ],
  ['azure-key', `SharedAccessSignature=${'sv=2020&sig=' + of(30)}`, 'SharedAccessSignature=§'],
  ['assignment', `DEPLOY_TOKEN=${of(20)} make`, 'DEPLOY_TOKEN=§ make'],
  ['assignment', `{"api_key": "${of(24)}", "n": 1}`, '{"api_key": "§", "n": 1}'],
  ['assignment', `{\\"api_key\\": \\"${of(24)}\\", \\"n\\": 1}`, '{\\"api_key\\": \\"§\\", \\"n\\": 1}'],
  ['assignment', `x-api-key: ${of(24)}`, 'x-api-key: §'],
  ['assignment', `password: ${'hunter' + '22'}`, 'password: §'],
  ['assignment', `password="${'correct horse' + ' battery'}" user=x`, 'password="§" user=x'],
  ['assignment', `mysql --password=${'opensesame'} -u root`, 'mysql --password=§ -u root'],
  ['assignment', `deploy --token ${of(20)} --dry-run`, 'deploy --token § --dry-run'],
  ['assignment', `Server=db;User=sa;Password=${'Str0ng!' + 'Pass'};`, 'Server=db;User=sa;Password=§;'],
  ['assignment', `client_secret=${of(30)}&grant_type=x`, 'client_secret=§&grant_type=x'],
  ['assignment', `const apiKey = '${of(24)}'`, "const apiKey = '§'"],
  ['assignment', `SECRET_KEY_BASE=${hex64}`, 'SECRET_KEY_BASE=§'],
  ['assignment', `refresh_token: ${of(30)}`, 'refresh_token: §'],
]

const LOOK_ALIKES: string[] = [
  '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c',
  'commit 9fceb02d0ae598e95dc970b74767f19372d61af8 (HEAD -> main)',
  'f47ac10b-58cc-4372-a567-0e02b2c3d479',
  'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'sha256:' + hex64,
  'integrity sha512-' + of(52) + '==',
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk',
  'The token is passed in the header; a password must be at least 8 characters long.',
  'password: must contain 1 digit',
  'Please choose a password. Passwords: never reuse them. Secret: none.',
  'Basic authentication is not bearer authentication',
  'a bearer of good news, basically everything',
  'task-runner disk-usage risk-free sk-learn ask-me-anything desk-organiser-0123456789',
  '/home/dev/project/src/secrets/tokens.ts:42',
  '/etc/passwd:ro',
  'PWD=/home/dev/project OLDPWD=/home/dev',
  'password=',
  'password=""',
  'password=&user=x',
  '"password": null',
  'max_tokens=4096',
  '"max_tokens": 4096, "input_tokens": 2400, "total_tokens":12900',
  'tokens: 12000, token_count: 88, gen_ai.usage.input_tokens=2400',
  'next_page_token=CAESBggBEAEYAQ1234567',
  'http://localhost:4318/v1/traces http://127.0.0.1:8080/a@2x.png',
  'https://cdn.example/npm/@scope/pkg@1.2.3/dist/x.js',
  'git@github.com:owner/repo.git',
  'ssh://git@host.example:22/repo',
  'mail agent@example.invalid about it',
  'v1.2.3-rc.4+build.5678 node@20.19.0',
  'password=${DB_PASSWORD} token=$TOKEN key={{ api_key }} secret=<secret>',
  'postgres://user:${PASSWORD}@host/db',
  'postgres://user:****@host/db',
  'const token = parser.next()',
  'const password = await prompt("Password?")',
  'login(password=password, token=self.token)',
  'function f(password: string, token: Token): void {}',
  'apiKey: process.env.OPENAI_API_KEY,',
  'api_key=os.environ["KEY"]',
  'unexpected token: }',
  'token: identifier',
  '"token_type":"Bearer","expires_in":3600',
  'authorization: required',
  'auth.env_openai_api_key_present=false',
  'secretName: my-app-tls',
  'npm_config_registry npm_lifecycle_event hf_hub SG.UI eyJust',
  '-----BEGIN CERTIFICATE-----\n' + of(52) + '\n-----END CERTIFICATE-----',
  'the header reads -----BEGIN PRIVATE KEY----- in that file',
  'SELECT id, token_hash FROM sessions WHERE user_id = $1',
  'AKIA is a prefix, ASIA too; Asia is a continent',
  'private_key: /etc/ssl/private/key.pem',
  'Xcode 15, xoxo',
]

describe('secrets', () => {
  test.each(SECRETS)('%s: %s', (rule, text, left) => {
    const places = left.split('§').length - 1
    expect(redactor.redact(text)).toEqual({ text: left.replaceAll('§', `[redacted:${rule}]`), count: places })
  })

  test.each(SECRETS)('%s inside a long text, in JSON, and twice: %s', (rule, text) => {
    const mark = `[redacted:${rule}]`
    const inLong = redactor.redact(`${'Lorem ipsum dolor. '.repeat(50)}\n${text}\n${'sit amet '.repeat(50)}`)
    expect(inLong.text).toContain(mark)
    expect(inLong.text).toMatch(/^Lorem[^]*sit amet $/)
    expect(redactor.redact(JSON.stringify({ output: text, ok: true })).text).toContain(mark)
    const once = redactor.redact(`${text}\n${text}`)
    expect(once.text.split(mark).length).toBeGreaterThanOrEqual(3)
  })

  test.each(SECRETS)('%s: what is redacted stays as it is: %s', (_rule, text) => {
    const once = redactor.redact(text).text
    expect(redactor.redact(once)).toEqual({ text: once, count: 0 })
  })
})

describe('look-alikes', () => {
  test.each(LOOK_ALIKES)('%s', (text) => {
    expect(redactor.redact(text)).toEqual({ text, count: 0 })
  })
})
