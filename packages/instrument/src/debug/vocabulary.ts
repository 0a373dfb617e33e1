import type { SpanKind } from '@spanledger/sdk/record'
import type { DebugEventType } from './event.ts'

/** A span told by two events. */
export interface Pair {
  readonly span: string
  readonly kind: SpanKind
  /** What happens until its end lies within it; others, such as queries, may overlap one another and hold nothing. */
  readonly holds: boolean
}

const REQUEST: Pair = { span: 'request', kind: 'server', holds: true }
const MIDDLEWARE: Pair = { span: 'middleware', kind: 'internal', holds: true }
const CONTROLLER: Pair = { span: 'controller', kind: 'internal', holds: true }
const JOB: Pair = { span: 'job.process', kind: 'consumer', holds: true }
const QUERY: Pair = { span: 'db.query', kind: 'client', holds: false }
const AUTH: Pair = { span: 'auth.check', kind: 'internal', holds: false }
const CACHE: Pair = { span: 'cache.get', kind: 'internal', holds: false }
const API: Pair = { span: 'http.client', kind: 'client', holds: false }

/** What each type of event does: begins a span, ends one, or happens within one. */
export type Meaning =
  | {
      readonly does: 'begin' | 'end'
      readonly pair: Pair
      readonly attributes?: Readonly<Record<string, boolean>>
    }
  | { readonly does: 'happen'; readonly span: string }
  | { readonly does: 'fail' }

const begins = (pair: Pair): Meaning => ({ does: 'begin', pair })
const ends = (pair: Pair, attributes: Readonly<Record<string, boolean>> = {}): Meaning => ({
  does: 'end',
  pair,
  attributes,
})
const happens = (span: string): Meaning => ({ does: 'happen', span })

export const MEANINGS: Readonly<Record<DebugEventType, Meaning>> = {
  'request:start': begins(REQUEST),
  'request:end': ends(REQUEST),
  'middleware:enter': begins(MIDDLEWARE),
  'middleware:exit': ends(MIDDLEWARE),
  'route:match': happens('route.match'),
  'route:miss': happens('route.miss'),
  'controller:enter': begins(CONTROLLER),
  'controller:exit': ends(CONTROLLER),
  'orm:query': begins(QUERY),
  'orm:result': ends(QUERY),
  'auth:check': begins(AUTH),
  'auth:success': ends(AUTH, { 'auth.success': true }),
  'auth:failure': ends(AUTH, { 'auth.success': false }),
  'cache:get': begins(CACHE),
  'cache:hit': ends(CACHE, { 'cache.hit': true }),
  'cache:miss': ends(CACHE, { 'cache.hit': false }),
  'cache:set': happens('cache.set'),
  'view:render': happens('view.render'),
  'job:start': begins(JOB),
  'job:end': ends(JOB),
  'search:query': happens('search.query'),
  'plugin:load': happens('plugin.load'),
  'plugin:event': happens('plugin.event'),
  'api:request': begins(API),
  'api:response': ends(API),
  'config:load': happens('config.load'),
  'security:check': happens('security.check'),
  error: { does: 'fail' },
}
