import { log, record } from '@spanledger/sdk'
import { instrumentAuth } from '@spanledger/instrument/auth'
import { instrumentCache } from '@spanledger/instrument/cache'
import { instrumentHono } from '@spanledger/instrument/http'
import { Jobs } from '@spanledger/instrument/jobs'
import { instrumentStorage } from '@spanledger/instrument/kv'
import { Hono } from 'hono'
import { createStorage } from 'unstorage'

const ATTEMPTS_MAX = 3

/**
 * A service with a store, a cache, auth and jobs. It is the same on Node, Deno and Bun; nothing in it depends on whether it is
 * recorded.
 *
 * events  gets what happens to jobs; an EventStore, or undefined.
 */
export async function createApp({ events } = {}) {
  const users = instrumentStorage(createStorage())
  const cache = instrumentCache(new Map(), { name: 'users' })
  const auth = instrumentAuth(
    {
      authenticate: async (token) =>
        token === 'Bearer letmein' ? { id: 'agent-7', roles: ['reader', 'writer'] } : null,
      checkRole: (user, role) => user.roles.includes(role),
    },
    { method: 'token' },
  )
  const queue = createQueue(new Jobs({ queue: 'mail', events }))
  await users.setItem('users:1', { name: 'Ada', email: 'ada@example.org' })

  const app = instrumentHono(new Hono())
  app.use('/users/*', async function authenticated(c, next) {
    const user = await auth.authenticate(c.req.header('authorization'))
    if (user === null) return c.json({ error: 'send "Authorization: Bearer letmein"' }, 401)
    c.set('user', user)
    await next()
  })
  app.get('/users/:id', async function showUser(c) {
    const user = await findUser(c.req.param('id'))
    return user ? c.json(user) : c.json({ error: 'no such user' }, 404)
  })
  app.post('/users/:id/welcome', async function welcomeUser(c) {
    if (!auth.checkRole(c.get('user'), 'writer')) return c.json({ error: 'writers only' }, 403)
    const user = await findUser(c.req.param('id'))
    if (!user) return c.json({ error: 'no such user' }, 404)
    const job = await queue.add('welcome', { to: user.email })
    return c.json({ job }, 202)
  })
  app.get('/jobs/:id', (c) => c.json({ state: queue.stateOf(c.req.param('id')) }))

  async function findUser(id) {
    const cached = cache.get(id)
    if (cached !== undefined) return cached
    const user = await users.getItem(`users:${id}`)
    if (user) cache.set(id, user, 60_000)
    return user
  }

  queue.work('welcome', async ({ data }, attempt) => {
    // The first attempt finds the mail server busy, as they are.
    if (attempt === 1) throw new Error('450 mailbox busy')
    await record('smtp.send', { 'mail.to.domain': data.to.split('@')[1] }, async () => {})
    log.info('welcome sent')
  })

  return app
}

/** A queue in memory. A real one keeps `text` somewhere: the context is in it. */
function createQueue(jobs) {
  const workers = new Map()
  const states = new Map()
  const take = (text, attempt) => {
    const job = JSON.parse(text)
    jobs
      .process(job, { attempt, attemptsMax: ATTEMPTS_MAX }, () => workers.get(job.name)(job, attempt))
      .then(
        () => states.set(job.id, 'completed'),
        () => {
          if (attempt < ATTEMPTS_MAX) setTimeout(take, 10 * 2 ** attempt, text, attempt + 1)
          else states.set(job.id, 'failed')
        },
      )
  }
  return {
    work: (name, worker) => workers.set(name, worker),
    stateOf: (id) => states.get(id) ?? 'unknown',
    add: (name, data) =>
      jobs.enqueue({ name, data }, (job) => {
        states.set(job.id, 'waiting')
        setTimeout(take, 0, JSON.stringify(job), 1)
        return job.id
      }),
  }
}
