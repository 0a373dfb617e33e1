import { expect, it } from 'vitest'
import { object, recordInTests } from '../testing/recorded.ts'
import { instrumentAuth } from './index.ts'

const recorded = recordInTests()

const auth = (): {
  authenticate(credentials: { email: string; password: string }): Promise<object | null>
  login(user: object): Promise<void>
  logout(): Promise<void>
  checkRole(user: object, role: string): boolean
  checkPermission(permission: string): Promise<boolean>
} =>
  instrumentAuth(
    {
      async authenticate({ password }) {
        if (password === 'explode') throw new Error(`cannot hash ${password}`)
        return password === 'right' ? { id: 7, roles: ['admin'], passwordHash: 'hash-of-right' } : null
      },
      async login() {},
      async logout() {},
      checkRole: (_user, role) => role === 'admin',
      checkPermission: async () => false,
    },
    { method: 'credentials' },
  )

it('tells who was let in, and who was not', async () => {
  const checked = auth()
  await checked.authenticate({ email: 'ada@example.org', password: 'right' })
  await checked.authenticate({ email: 'ada@example.org', password: 'wrong' })
  await checked.login({ id: 'u1', roles: ['admin'] })
  await checked.logout()
  expect(checked.checkRole({ id: 'u1' }, 'admin')).toBe(true)
  expect(await checked.checkPermission('users:delete')).toBe(false)
  const told = recorded.spans.map(({ name, status, attributes }) => ({ name, status, ...object(attributes) }))
  expect(told).toMatchObject([
    { name: 'auth.authenticate', 'auth.success': true, 'user.id': '7', 'user.roles': ['admin'] },
    { name: 'auth.authenticate', 'auth.success': false, status: 'unset' },
    { name: 'auth.login', 'auth.success': true, 'user.id': 'u1' },
    { name: 'auth.logout', 'auth.success': true },
    { name: 'auth.checkRole', 'auth.success': true, 'auth.role': 'admin' },
    { name: 'auth.checkPermission', 'auth.success': false, 'auth.permission': 'users:delete' },
  ])
  expect(await recorded.points('auth.attempts')).toContainEqual(
    expect.objectContaining({ 'auth.operation': 'authenticate', value: 2 }),
  )
  expect(await recorded.points('auth.failures')).toMatchObject([
    { 'auth.operation': 'authenticate', 'error.type': 'denied', value: 1 },
    { 'auth.operation': 'checkPermission', value: 1 },
  ])
  expect(await recorded.points('auth.duration')).toHaveLength(6)
})

it('records nothing of credentials, also when checking them fails', async () => {
  const checked = auth()
  await expect(checked.authenticate({ email: 'ada@example.org', password: 'explode' })).rejects.toThrow(
    'explode',
  )
  await checked.authenticate({ email: 'ada@example.org', password: 'right' })
  expect(recorded.spans[0]).toMatchObject({ status: 'error', statusMessage: '' })
  expect(object(recorded.spans[0]!.attributes)).toMatchObject({
    'error.type': 'Error',
    'auth.success': false,
  })
  expect(JSON.stringify(recorded.spans)).not.toMatch(/explode|right|ada@/)
})
