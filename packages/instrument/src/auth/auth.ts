import type { Attributes } from '@spanledger/sdk/record'
import { runOperation, telemetryOf } from '../operation.ts'
import { patch } from '../patch.ts'
import type { Around } from '../patch.ts'
import { whileLive } from '../while-live.ts'

const OPERATIONS = ['authenticate', 'login', 'logout', 'checkRole', 'checkPermission'] as const
type AuthOperation = (typeof OPERATIONS)[number]

/** Any object with some of these methods. */
export type AuthLike = { readonly [operation in AuthOperation]?: (...args: never[]) => unknown }

export interface AuthOptions {
  /** `auth.method`: `session`, `credentials`, `token`. */
  readonly method?: string
}

const authTelemetry = whileLive((live) => {
  const telemetry = telemetryOf(live, 'auth')
  const { meter } = telemetry
  const count = { unit: '{attempt}', valueType: 'int' } as const
  return {
    ...telemetry,
    attempts: meter.createCounter('auth.attempts', {
      ...count,
      description: 'Operations, denied ones included.',
    }),
    failures: meter.createCounter('auth.failures', { ...count, description: 'Operations denied or failed.' }),
    duration: meter.createHistogram('auth.duration', { unit: 's', description: 'Duration of operations.' }),
  }
})

/**
 * Records who was let in and who was not. Nothing of credentials is recorded: no argument but the role or permission asked for,
 * no error's message, and of a user the id and roles. A denial is an answer, not an error.
 */
export function instrumentAuth<T extends AuthLike>(auth: T, options: AuthOptions = {}): T {
  return patch(
    auth,
    Object.fromEntries(OPERATIONS.map((operation) => [operation, around(operation, options)])),
  )
}

function around(operation: AuthOperation, { method }: AuthOptions): Around {
  return (original, args) => {
    const telemetry = authTelemetry()
    if (telemetry === undefined) return original(...args)
    const common = { 'auth.operation': operation, 'auth.method': method }
    return runOperation<unknown>(
      telemetry,
      {
        name: `auth.${operation}`,
        secret: true,
        attributes: { ...common, ...asked(operation, args) },
        done(span, { seconds, value, errorType }) {
          const success = errorType === undefined && isSuccess(operation, value)
          // A login tells its user in the argument when it returns nothing.
          span.setAttributes({ 'auth.success': success, ...userIn(value ?? (success ? args[0] : undefined)) })
          telemetry.attempts.add(1, common)
          if (!success) telemetry.failures.add(1, { ...common, 'error.type': errorType ?? 'denied' })
          telemetry.duration.record(seconds, { ...common, 'auth.success': success })
        },
      },
      () => original(...args),
    )
  }
}

/** The role or permission is the last argument: before it may stand a user or a request. */
function asked(operation: AuthOperation, args: unknown[]): Attributes {
  const last = args.at(-1)
  const isWords =
    typeof last === 'string' || (Array.isArray(last) && last.every((word) => typeof word === 'string'))
  if (!isWords) return {}
  if (operation === 'checkRole') return { 'auth.role': last }
  return operation === 'checkPermission' ? { 'auth.permission': last } : {}
}

/** `login` and `logout` may return nothing; the others answer. */
function isSuccess(operation: AuthOperation, value: unknown): boolean {
  if (value === undefined) return operation === 'login' || operation === 'logout'
  if (typeof value !== 'object' || value === null) return Boolean(value)
  const { success, ok, authenticated, allowed } = value as Record<string, unknown>
  return (success ?? ok ?? authenticated ?? allowed ?? true) === true
}

function userIn(value: unknown): Attributes {
  if (typeof value !== 'object' || value === null) return {}
  const { user } = value as { user?: unknown }
  const { id, roles } = (typeof user === 'object' && user !== null ? user : value) as Record<string, unknown>
  return {
    'user.id': typeof id === 'string' || typeof id === 'number' ? String(id) : undefined,
    'user.roles': Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined,
  }
}
