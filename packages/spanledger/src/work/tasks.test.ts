import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from './decide/decide.ts'
import type { Task } from './state.ts'
import { workWorld, type WorkWorld } from './testing/worlds.ts'
import type { Ran } from './work.ts'

let world: WorkWorld
let ada: (command: Command) => Promise<Ran>
beforeEach(async () => {
  world = await workWorld()
  ada = world.as('ada')
})
afterEach(() => world.remove())

async function done(ran: Promise<Ran>): Promise<Task> {
  const result = await ran
  if ('refused' in result) throw new Error(`${result.refused.code}: ${result.refused.message}`)
  return result.task
}
async function refused(ran: Promise<Ran>): Promise<string> {
  const result = await ran
  return 'refused' in result ? result.refused.code : 'not refused'
}
const create = (title: string, more: Partial<Extract<Command, { do: 'create' }>> = {}): Promise<Task> =>
  done(
    ada({
      do: 'create',
      title,
      root: world.root,
      workflow: 'current',
      fields: { type: 'bug' },
      sections: {},
      ...more,
    }),
  )
const types = async (): Promise<string[]> => (await world.events()).map(({ event }) => event)

/** What the events say is what the files say: nothing is left to be noticed. */
async function agrees(): Promise<void> {
  expect(await world.work.look()).toMatchObject({ unrecorded: 0 })
}

const depend = (id: string, on: string): Promise<Ran> =>
  ada({ do: 'update', id, fields: { depends_on: [on] }, sections: {}, append: {} })

describe('a task by command', () => {
  it('is a file that people read, and events', async () => {
    const { id, place } = await create('Fix the login', { sections: { Instruction: 'Do it.' } })
    expect(id).toMatch(/^fix-the-login-\d\d[A-Z]$/)
    expect(world.read(place!.path)).toMatch(
      /^# Fix the login\n\n---\ntype: bug\nstatus: todo\ncreated: .*Z\n---\n\n## Instruction\n\nDo it.\n\n## Tasks\n\n## Deliverable\n\n## Log\n$/,
    )
    const [event] = await world.events()
    expect(event).toMatchObject({
      event: 'TaskCreated',
      stream: `task-${id}`,
      version: 1,
      data: {
        title: 'Fix the login',
        by: { agent: 'ada' },
        placement: { place: { path: `current/${id}.task.md` } },
      },
      meta: { correlationId: event!.id, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    })
    await agrees()
  })

  it('changes by status, update and section, each with before and after; secrets stay in the file only', async () => {
    const { id, place } = await create('Fix it')
    await done(ada({ do: 'status', id, to: 'in_progress' }))
    const changes = {
      fields: { area: 'auth', tags: ['a', 'b'] },
      sections: { Instruction: 'use hunter2' },
      append: { Log: '- began' },
    }
    await done(ada({ do: 'update', id, title: 'Fix it all', ...changes }))
    await done(ada({ do: 'update', id, fields: {}, sections: {}, append: { Log: '- went on' } }))
    const text = world.read(place!.path)!
    expect(text).toContain('status: in_progress')
    expect(text).toContain('area: auth\ntags: [a, b]\n---')
    expect(text).toContain('use hunter2')
    expect(text).toContain('## Log\n\n- began\n- went on\n')
    expect(await types()).toEqual([
      'TaskCreated',
      'TaskStatusChanged',
      'TaskUpdated',
      'TaskSectionUpdated',
      'TaskSectionUpdated',
      'TaskSectionUpdated',
    ])
    const events = await world.events()
    expect(events.at(-1)!.data).toMatchObject({
      section: 'Log',
      before: '- began',
      after: '- began\n- went on',
    })
    expect(JSON.stringify(events)).not.toContain('hunter2')
    // One lineage, each event the cause of the next.
    expect(events.map(({ meta }) => meta!.causationId)).toEqual([
      undefined,
      ...events.slice(0, -1).map((e) => e.id),
    ])
    expect(new Set(events.map(({ meta }) => meta!.correlationId)).size).toBe(1)
    await agrees()
  })

  it('moves: into current when work begins, into the archive by month, a parent with its folder', async () => {
    const { id } = await create('One', { workflow: 'backlog' })
    expect((await done(ada({ do: 'status', id, to: 'in_progress' }))).place!.path).toBe(
      `current/${id}.task.md`,
    )
    expect(world.read(`current/${id}.task.md`)).toContain('status: in_progress')
    const month = new Date().toISOString().slice(0, 7)
    await done(ada({ do: 'move', id, workflow: 'archive' }))
    expect(world.read(`archive/${month}/${id}.task.md`)).toBeDefined()
    const parent = await create('Big', { asParent: true })
    const child = await create('Part', { parent: parent.id })
    expect(child.place!.path).toBe(`current/${parent.id}/01_${child.id}.task.md`)
    await done(ada({ do: 'move', id: parent.id, workflow: 'backlog' }))
    expect(world.read(`backlog/${parent.id}/01_${child.id}.task.md`)).toBeDefined()
    expect(await refused(ada({ do: 'move', id: child.id, workflow: 'archive' }))).toBe('BAD_VALUE')
    await agrees()
  })

  it('promote, add, adopt, resequence, parallelize, extract, delete', async () => {
    const parent = await create('Big')
    await done(ada({ do: 'promote', id: parent.id }))
    expect(world.read(`current/${parent.id}/_overview.md`)).toContain('# Big')
    const [a, b] = [await create('A', { parent: parent.id }), await create('B', { parent: parent.id })]
    const c = await create('C')
    await done(ada({ do: 'adopt', parent: parent.id, id: c.id }))
    const names = async (): Promise<string[]> =>
      (await world.work.look()).state.childrenOf(parent.id).map(({ place }) => place!.path.split('/').at(-1)!)
    expect(await names()).toEqual([`01_${a.id}.task.md`, `02_${b.id}.task.md`, `03_${c.id}.task.md`])
    await done(ada({ do: 'resequence', parent: parent.id, ids: [c.id, a.id] }))
    expect(await names()).toEqual([`01_${c.id}.task.md`, `02_${a.id}.task.md`, `03_${b.id}.task.md`])
    await done(ada({ do: 'parallelize', parent: parent.id, ids: [a.id, b.id] }))
    expect((await names()).toSorted()).toEqual([
      `01_${c.id}.task.md`,
      `02_${a.id}.task.md`,
      `02_${b.id}.task.md`,
    ])
    await done(ada({ do: 'extract', id: a.id }))
    expect(world.read(`current/${a.id}.task.md`)).toContain('# A')
    expect(await refused(ada({ do: 'delete', id: parent.id }))).toBe('BAD_VALUE')
    await done(ada({ do: 'delete', id: a.id }))
    expect(world.read(`current/${a.id}.task.md`)).toBeUndefined()
    expect(await refused(ada({ do: 'status', id: a.id, to: 'done' }))).toBe('UNKNOWN_TASK')
    expect((await types()).slice(-6)).toEqual([
      'TaskCreated',
      'TaskAdopted',
      'SubtasksResequenced',
      'SubtasksParallelized',
      'SubtaskExtracted',
      'TaskDeleted',
    ])
    await agrees()
  })

  it('refuses and records what is illegal; nothing changes', async () => {
    const { id, place } = await create('One')
    const text = world.read(place!.path)
    expect(await refused(ada({ do: 'status', id, to: 'reviewing' }))).toBe('ILLEGAL_STATUS')
    // Again within a minute: told, but recorded once.
    expect(await refused(ada({ do: 'status', id, to: 'reviewing' }))).toBe('ILLEGAL_STATUS')
    const cycle = {
      do: 'update',
      id,
      sections: {},
      append: {},
      fields: { depends_on: [id] },
    } satisfies Command
    expect(await refused(ada(cycle))).toBe('CYCLE')
    expect(await types()).toEqual(['TaskCreated', 'TaskChangeRefused', 'TaskChangeRefused'])
    expect(world.read(place!.path)).toBe(text)
    const same = await ada({ do: 'status', id, to: 'todo' })
    expect(same).toMatchObject({ events: [] })
  })

  it('refuses cycles over several tasks, text that is more than a section, and fields with commands of their own', async () => {
    const [a, b, c] = [await create('A'), await create('B'), await create('C')]
    await done(depend(a.id, b.id))
    await done(depend(b.id, c.id))
    expect(await refused(depend(c.id, a.id))).toBe('CYCLE')
    const update = (fields: object, sections = {}): Promise<Ran> =>
      ada({ do: 'update', id: a.id, append: {}, fields: fields as never, sections })
    expect(await refused(update({}, { Log: 'x\n## Deliverable\ny' }))).toBe('BAD_VALUE')
    expect(await refused(update({}, { Log: '```\nopen' }))).toBe('BAD_VALUE')
    const made = { do: 'create', title: 'X', root: world.root, workflow: 'current', fields: {} } as const
    for (const Instruction of ['multi\n## Tasks\nevil', '```\nopen'])
      expect(await refused(ada({ ...made, sections: { Instruction } }))).toBe('BAD_VALUE')
    const { sections } = await done(ada({ ...made, sections: { Instruction: 'one\r\n### two\n' } }))
    expect(sections['Instruction']).toBe('one\n### two')
    expect(await refused(update({ status: 'done' }))).toBe('BAD_VALUE')
    expect(await refused(update({ 'a: b': 1 }))).toBe('BAD_VALUE')
    for (const title of ['', 'a\nb', 'x'.repeat(201)])
      expect(
        await refused(
          ada({ do: 'create', title, root: world.root, workflow: 'current', fields: {}, sections: {} }),
        ),
      ).toBe('BAD_VALUE')
  })

  it('ids that are paths name no task', async () => {
    for (const id of ['../x', 'a/b', '..', '', '/etc/passwd', 'a\0b'])
      expect(await refused(ada({ do: 'delete', id }))).toBe('UNKNOWN_TASK')
  })
})

describe('edits outside', () => {
  const TASK = '# One\n\n---\ntype: bug\nstatus: To Do\nmine: [1]\n---\n\n## Log\n'

  it('become events, once, at the time of the file', async () => {
    world.write('current/one-11A.task.md', TASK)
    expect((await world.work.look()).state.find('one-11A')).toMatchObject({ title: 'One', status: 'todo' })
    expect((await world.work.sync()).events.map(({ event }) => event)).toEqual(['TaskCreated'])
    world.write(
      'current/one-11A.task.md',
      TASK.replace('To Do', 'Completed').replace('## Log\n', '## Log\n\n- hunter2\n'),
    )
    const { events } = await world.work.sync()
    expect(events.map(({ event }) => event)).toEqual(['TaskStatusChanged', 'TaskSectionUpdated'])
    expect(events[0]!.data).toMatchObject({
      from: 'todo',
      to: 'done',
      word: 'Completed',
      by: { agent: 'files', noticed: true },
    })
    expect((await world.work.sync()).events).toEqual([])
    await agrees()
    // A command keeps the way the file writes its words.
    await done(ada({ do: 'status', id: 'one-11A', to: 'in_progress' }))
    expect(world.read('current/one-11A.task.md')).toBe(
      TASK.replace('To Do', 'In Progress').replace('## Log\n', '## Log\n\n- hunter2\n'),
    )
    await agrees()
  })

  it('are recorded before a command decides, also for a task that nobody synced', async () => {
    world.write('current/one-11A.task.md', TASK)
    await done(ada({ do: 'status', id: 'one-11A', to: 'in_progress' }))
    world.write('current/one-11A.task.md', TASK.replace('To Do', 'archived'))
    expect(await refused(ada({ do: 'status', id: 'one-11A', to: 'blocked' }))).toBe('ILLEGAL_STATUS')
    expect(await types()).toEqual([
      'TaskCreated',
      'TaskStatusChanged',
      'TaskStatusChanged',
      'TaskChangeRefused',
    ])
  })

  it('moves, renames of folders and deletions are seen', async () => {
    world.write('current/one-11A.task.md', TASK)
    world.write('backlog/big-11B/_overview.md', TASK)
    world.write('backlog/big-11B/01_part-11C.task.md', TASK)
    await world.work.sync()
    mkdirSync(join(world.root, 'archive/2026-10'), { recursive: true })
    renameSync(
      join(world.root, 'current/one-11A.task.md'),
      join(world.root, 'archive/2026-10/one-11A.task.md'),
    )
    renameSync(join(world.root, 'backlog/big-11B'), join(world.root, 'current/big-11B'))
    rmSync(join(world.root, 'current/big-11B/01_part-11C.task.md'))
    const { events } = await world.work.sync()
    expect(events.map(({ event, stream }) => `${event} ${stream}`).toSorted()).toEqual([
      'TaskDeleted task-part-11C',
      'TaskMoved task-big-11B',
      'TaskMoved task-one-11A',
    ])
    await done(ada({ do: 'status', id: 'big-11B', to: 'done' }))
    expect(world.read('current/big-11B/_overview.md')).toContain('status: Done')
    world.write('current/part-11C.task.md', TASK)
    expect((await world.work.sync()).events.map(({ event, version }) => [event, version])).toEqual([
      ['TaskCreated', 3],
    ])
  })

  it('a folder that is gone deletes nothing', async () => {
    world.write('current/one-11A.task.md', TASK)
    await world.work.sync()
    renameSync(world.root, `${world.root}-away`)
    const { events, findings } = await world.work.sync()
    expect([events, findings]).toMatchObject([[], [{ code: 'FOLDER_GONE' }]])
  })

  it('what cannot be read is told and left alone, with its place', async () => {
    world.write('current/fine-11A.task.md', TASK)
    await world.work.sync()
    const broken = TASK.replace('mine: [1]', 'mine: [1')
    world.write('current/fine-11A.task.md', broken)
    world.write('current/latin-11A.task.md', Buffer.from([0x23, 0x20, 0xe9, 0x0a]))
    world.write('current/huge-11A.task.md', 'x'.repeat(300_000))
    world.write('current/a/01_same-11A.task.md', TASK)
    world.write('current/same-11A.task.md', TASK)
    world.write('current/odd-11A.task.md', TASK.replace('To Do', 'half way'))
    world.write('current/path-11A.task.md', TASK.replace('mine: [1]', 'id: ../../x'))
    world.write('current/self-11A.task.md', TASK.replace('mine: [1]', 'depends_on: [self-11A]'))
    symlinkSync('/etc', join(world.root, 'current/link'))
    symlinkSync('/etc/passwd', join(world.root, 'current/link-11A.task.md'))
    world.write('current/notes.md', 'no task')
    world.write('current/_overview.md', 'of the folder')
    const { events, findings } = await world.work.sync()
    expect(findings.map(({ code, path }) => `${code} ${path}`).toSorted()).toEqual([
      'BAD_ID current/path-11A.task.md',
      'BROKEN_FRONT_MATTER current/fine-11A.task.md',
      'CYCLE current/self-11A.task.md',
      'DUPLICATE_ID current/same-11A.task.md',
      'NOT_UTF8 current/latin-11A.task.md',
      'SYMBOLIC_LINK current/link',
      'SYMBOLIC_LINK current/link-11A.task.md',
      'TOO_LARGE current/huge-11A.task.md',
      'UNKNOWN_STATUS current/odd-11A.task.md',
    ])
    expect(events.map(({ stream }) => stream).toSorted()).toEqual([
      'task-odd-11A',
      'task-same-11A',
      'task-self-11A',
    ])
    expect(findings.find(({ code }) => code === 'BROKEN_FRONT_MATTER')).toMatchObject({ line: 7 })
    // The task whose file is broken is as it was, and cannot be changed by command.
    expect((await world.work.look()).state.find('fine-11A')).toMatchObject({ status: 'todo' })
    expect(await refused(ada({ do: 'status', id: 'fine-11A', to: 'done' }))).toBe('TASK_UNREADABLE')
    expect(world.read('current/fine-11A.task.md')).toBe(broken)
  })

  it('are noticed with CRLF kept', async () => {
    const crlf = TASK.replaceAll('\n', '\r\n')
    world.write('current/one-11A.task.md', crlf)
    await done(ada({ do: 'update', id: 'one-11A', fields: {}, sections: {}, append: { Log: 'a\nb' } }))
    expect(world.read('current/one-11A.task.md')).toBe(`${crlf}\r\na\r\nb\r\n`)
    await agrees()
  })
})
