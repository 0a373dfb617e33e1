import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectAnswer } from '../../cli/index.ts'
import { isRefusal } from '../../query/index.ts'
import { connectAgent, disconnectAgent } from './connect-agent.ts'
import { doctor } from './doctor.ts'

let user: string
let surroundings: { env: Record<string, string>; cwd: string }
let otlpHttpPort: number

const SETTINGS = '{\n  // mine\n  "model": "opus",\n  "env": { "OTEL_LOGS_EXPORTER": "console" }\n}\n'

/** A port that nobody has, for as long as nobody takes it. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(user, file)), { recursive: true })
  writeFileSync(join(user, file), text)
}
const read = (file: string): string => readFileSync(join(user, file), 'utf8')

beforeEach(async () => {
  user = mkdtempSync(join(tmpdir(), 'connecting-'))
  otlpHttpPort = await freePort()
  write('.spanledger/config.yaml', `receive:\n  otlpHttpPort: ${otlpHttpPort}\n  otlpGrpcPort: 0\n`)
  // A claude that is installed, without being one.
  write('bin/claude', '#!/bin/sh\n')
  write('bin/package.json', '{"version":"2.1.3"}')
  chmodSync(join(user, 'bin/claude'), 0o755)
  mkdirSync(join(user, 'project'))
  surroundings = { env: { HOME: user, PATH: join(user, 'bin') }, cwd: join(user, 'project') }
})
afterEach(() => rmSync(user, { recursive: true, force: true }))

const connected = async (agent: string, more: object = {}): Promise<ConnectAnswer> => {
  const answer = await connectAgent(surroundings, { agent, yes: true, ...more })
  if (isRefusal(answer)) throw new Error(answer.message)
  return answer
}

describe('connect', () => {
  it('only shows, until it is told to write', async () => {
    write('.claude/settings.json', SETTINGS)
    const answer = await connectAgent(surroundings, { agent: 'claude-code' })
    expect(answer).toMatchObject({ written: false, files: [{ change: 'edit' }] })
    expect((answer as ConnectAnswer).files[0]!.diff).toContain(`http://127.0.0.1:${otlpHttpPort}`)
    expect(read('.claude/settings.json')).toBe(SETTINGS)
  })

  it('keeps what the user set, and is undone to the byte', async () => {
    write('.claude/settings.json', SETTINGS)
    chmodSync(join(user, '.claude/settings.json'), 0o640)
    const { files } = await connected('claude-code')
    expect(files[0]!.kept).toEqual([{ path: ['env', 'OTEL_LOGS_EXPORTER'], found: 'console' }])
    expect(read('.claude/settings.json')).toContain('// mine')
    expect(statSync(join(user, '.claude/settings.json')).mode & 0o777).toBe(0o640)
    expect((await connected('claude-code')).files[0]!.change).toBe('none')
    await disconnectAgent(surroundings, { agent: 'claude-code', yes: true })
    expect(read('.claude/settings.json')).toBe(SETTINGS)
  })

  it('gives back what it took the place of', async () => {
    write('.claude/settings.json', SETTINGS)
    const { files } = await connected('claude-code', { replace: true })
    expect(files[0]!.kept).toEqual([])
    expect(read('.claude/settings.json')).not.toContain('console')
    // Still agreed to when it is connected again, after another port say.
    await connected('claude-code')
    writeFileSync(
      join(user, '.claude/settings.json'),
      read('.claude/settings.json').replace('"opus"', '"sonnet"'),
    )
    await disconnectAgent(surroundings, { agent: 'claude-code', yes: true })
    expect(read('.claude/settings.json')).toBe(SETTINGS.replace('opus', 'sonnet'))
  })

  it.each(['claude-code', 'codex', 'gemini-cli', 'copilot-cli', 'opencode', 'cursor'])(
    'leaves no file of %s behind that was not there',
    async (agent) => {
      const { files } = await connected(agent)
      expect(files.map(({ change }) => change)).toEqual(files.map(() => 'create'))
      await disconnectAgent(surroundings, { agent, yes: true })
      for (const { file } of files) expect(() => statSync(file)).toThrow('ENOENT')
    },
  )

  it.each([
    ['.claude/settings.json', 'claude-code', '{\n  "model": }', ':2:12: a value is missing'],
    ['.gemini/settings.json', 'gemini-cli', '{ "a": 1 "b": 2 }', ':1:10: a comma or } is missing'],
    ['.codex/config.toml', 'codex', 'model = "x"\nmodel = "y"\n', ':2:'],
  ])('writes nothing where %s is broken, and says where', async (file, agent, text, where) => {
    write(file, text)
    const answer = await connectAgent(surroundings, { agent, yes: true })
    expect(answer).toMatchObject({ refused: 'SETTINGS_UNREADABLE' })
    expect((answer as { message: string }).message).toContain(file + where)
    expect(read(file)).toBe(text)
  })

  it.each([
    ['.claude/settings.json', 'claude-code', '[]', 'the whole of it is []'],
    ['.claude/settings.json', 'claude-code', 'null', 'the whole of it is null'],
    ['.claude/settings.json', 'claude-code', '{"env":null}', 'env is null'],
    ['.claude/settings.json', 'claude-code', '{"hooks":[]}', 'hooks is []'],
    ['.claude/settings.json', 'claude-code', '{"hooks":{"Stop":{}}}', 'hooks.Stop is {}'],
    [
      '.codex/config.toml',
      'codex',
      'otel = { log_user_prompt = true }\n',
      'otel is {"log_user_prompt":true}',
    ],
    ['.config/opencode/plugin/spanledger.js', 'opencode', 'mine()', 'the whole of it is "mine()"'],
  ])('writes nothing where it cannot in %s of %s: %s', async (file, agent, text, where) => {
    write(file, text)
    expect(await connectAgent(surroundings, { agent, yes: true })).toMatchObject({
      refused: 'IN_THE_WAY',
      message: `${join(user, file)}: ${where}, where connect has to write`,
    })
    expect(read(file)).toBe(text)
    expect(() => statSync(join(user, '.spanledger/connect'))).toThrow('ENOENT')
  })

  it('writes through a link to what is not there yet, and takes that away again', async () => {
    const link = join(user, '.claude/settings.json')
    mkdirSync(join(user, '.claude'))
    symlinkSync('../dotfiles/claude.json', link)
    await expect(connectAgent(surroundings, { agent: 'claude-code', yes: true })).rejects.toMatchObject({
      code: 'LINK_DANGLING',
      message: expect.stringContaining(`${link} is a link to ${join(user, 'dotfiles/claude.json')}`),
    })
    expect(() => statSync(join(user, '.spanledger/connect'))).toThrow('ENOENT')
    mkdirSync(join(user, 'dotfiles'))
    await connected('claude-code')
    expect(readlinkSync(link)).toBe('../dotfiles/claude.json')
    expect(read('dotfiles/claude.json')).toContain('record.sh')
    await disconnectAgent(surroundings, { agent: 'claude-code', yes: true })
    expect(readlinkSync(link)).toBe('../dotfiles/claude.json')
    expect(readdirSync(join(user, 'dotfiles'))).toEqual([])
  })

  it('writes no file that is no text', async () => {
    write('.gemini/settings.json', '')
    writeFileSync(join(user, '.gemini/settings.json'), Buffer.from([0x7b, 0xff, 0x7d]))
    expect(await connectAgent(surroundings, { agent: 'gemini-cli', yes: true })).toMatchObject({
      refused: 'SETTINGS_UNREADABLE',
    })
  })

  it.each(['claude-code', 'codex', 'copilot-cli', 'gemini-cli', 'cursor'])(
    'takes the hooks of %s out of what was changed since, also from a home with a quote in its name',
    async (agent) => {
      surroundings.env['SPANLEDGER_HOME'] = join(user, "o'brien")
      const { files } = await connected(agent)
      const { hooks } = (await doctor(surroundings)).agents.find((one) => one.agent === agent)!
      expect(hooks).toBe('yes')
      const changed = files.map(({ file }) => file).filter((file) => file.endsWith('.json'))
      for (const file of changed)
        writeFileSync(file, readFileSync(file, 'utf8').replace('{', '{ "mine": ["x"],'))
      await disconnectAgent(surroundings, { agent, yes: true })
      for (const file of changed) expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ mine: ['x'] })
    },
  )

  it('says so where it cannot take out what is its own', async () => {
    const { files } = await connected('opencode')
    const { file } = files.find((one) => one.file.endsWith('.js'))!
    writeFileSync(file, `${readFileSync(file, 'utf8')}// mine\n`)
    const answer = (await disconnectAgent(surroundings, { agent: 'opencode', yes: true })) as ConnectAnswer
    expect(answer.files.find((one) => one.file === file)).toMatchObject({
      change: 'none',
      kept: [{ path: [] }],
    })
    expect(readFileSync(file, 'utf8')).toContain('// mine')
  })

  it("takes the project's settings when told to", async () => {
    const { files } = await connected('claude-code', { project: true })
    expect(files[0]!.file).toBe(join(user, 'project/.claude/settings.local.json'))
  })
})

describe('doctor', () => {
  it('tells a user without anything where to begin', async () => {
    const { ok, findings } = await doctor(surroundings)
    expect(ok).toBe(false)
    expect(findings.map(({ code, next }) => [code, next])).toEqual([
      ['NOT_CONNECTED', 'spanledger connect claude-code'],
    ])
    expect(() => statSync(join(user, '.spanledger/home.json'))).toThrow('ENOENT')
  })

  it('sees what is installed and connected, and what arrived', async () => {
    await connected('claude-code')
    const { hooks } = JSON.parse(read('.claude/settings.json')) as {
      hooks: Record<string, { hooks: { command: string }[] }[]>
    }
    spawnSync('sh', ['-c', hooks['Stop']![0]!.hooks[0]!.command], { input: '{"session_id":"one"}' })
    const answer = await doctor(surroundings)
    expect(answer.agents[0]).toMatchObject({
      agent: 'claude-code',
      installed: { path: join(user, 'bin/claude'), version: '2.1.3' },
      telemetry: 'yes',
      hooks: 'yes',
      arrived: { sessions: 1, telemetry: 0, hooks: 1 },
    })
    expect(answer.findings.map(({ code }) => code)).toEqual(['NO_TELEMETRY', 'NO_DAEMON'])
  })

  it('sees settings that were edited, another port, and a script that is gone', async () => {
    await connected('claude-code')
    const text = read('.claude/settings.json')
    write(
      '.claude/settings.json',
      text.replace('"OTEL_LOGS_EXPORTER": "otlp"', '"OTEL_LOGS_EXPORTER": "none"'),
    )
    rmSync(join(user, '.spanledger/hooks/record.sh'))
    expect((await doctor(surroundings)).findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['DIFFERS', 'SCRIPT']),
    )
    write('.claude/settings.json', '{')
    expect((await doctor(surroundings)).findings.map(({ code }) => code)).toContain('SETTINGS_UNREADABLE')
  })

  it('tells prices that cannot be read, and all else', async () => {
    await connected('claude-code')
    write('.spanledger/prices.json', '{')
    const file = join(user, '.spanledger/prices.json')
    expect((await doctor(surroundings)).findings).toMatchObject([
      { where: file, code: 'PRICES', next: `mend ${file}: docs/reference/cost.md` },
      { code: 'NO_DAEMON' },
    ])
  })

  it('sees another program on the port of ours', async () => {
    const other = net.createServer().listen(otlpHttpPort, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    expect((await doctor(surroundings)).findings).toContainEqual(
      expect.objectContaining({ where: `port ${otlpHttpPort}`, code: 'PORT_IN_USE' }),
    )
    await new Promise((resolve) => other.close(resolve))
  })
})
