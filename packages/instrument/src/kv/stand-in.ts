/** Stands in for a method: gets `original`, bound to its object, and what it was called with. */
export type StandIn = (original: (...args: unknown[]) => unknown, args: unknown[]) => unknown

type Method = (this: unknown, ...args: unknown[]) => unknown

/**
 * An object that does as `client`, which stays as it is, but for some methods. All else is the client's own: its classes are the
 * same classes, its methods run on the client, since a proxy has none of its private fields.
 */
export function standIn<T extends object>(client: T, methods: Readonly<Record<string, StandIn>>): T {
  const made = new Map<PropertyKey, { readonly of: Method; readonly method: Method }>()
  const proxy: T = new Proxy(isFixed(client) ? loose(client) : client, {
    get(_target, name) {
      const value = Reflect.get(client, name, client) as unknown
      if (typeof value !== 'function' || name === 'constructor' || isClass(value)) return value
      const known = made.get(name)
      if (known?.of === value) return known.method
      const of = value as Method
      const instead = typeof name === 'string' && Object.hasOwn(methods, name) ? methods[name] : undefined
      const method = new Proxy(of, {
        apply(_of, self, args: unknown[]) {
          if (instead) return instead((...given) => Reflect.apply(of, client, given), args)
          const result = Reflect.apply(of, self === proxy ? client : self, args)
          // What returns its object to be called on goes on being recorded.
          return self === proxy && result === client ? proxy : result
        },
      })
      made.set(name, { of, method })
      return method
    },
    set: (_target, name, value) => Reflect.set(client, name, value, client),
  })
  return proxy
}

/** Of what cannot change a proxy must tell the truth. */
function isFixed(client: object): boolean {
  return Reflect.ownKeys(client).some((name) => {
    const { configurable, writable } = Object.getOwnPropertyDescriptor(client, name)!
    return !configurable && !writable
  })
}

/** The same object to look at, free to change. */
function loose<T extends object>(client: T): T {
  const copy = Object.create(Object.getPrototypeOf(client) as object | null) as T
  for (const name of Reflect.ownKeys(client)) {
    const own = Object.getOwnPropertyDescriptor(client, name)!
    Object.defineProperty(copy, name, { ...own, configurable: true })
  }
  return copy
}

/** A class's prototype is for good, a function's is not. */
const isClass = (fn: object): boolean => Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false
