/**
 * Who may talk to the daemon. Binding to loopback keeps other machines out, but not a web page that the user's own browser
 * runs: with DNS rebinding its requests reach 127.0.0.1 under a foreign name. So every port checks the Host header against
 * a list, and refuses a foreign Origin.
 */
export interface GuardOptions {
  /** Further host names that may be asked for, such as `host.docker.internal`. */
  allowedHosts?: readonly string[]
}

export interface Guard {
  /** Why a request is refused, or undefined when it may pass. `host` is the Host header or :authority. */
  refuse(host: string | undefined, origin: string | undefined): string | undefined
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

export function createGuard(options: GuardOptions = {}): Guard {
  const allowed = new Set([...LOOPBACK, ...(options.allowedHosts ?? []).map((host) => host.toLowerCase())])
  return {
    refuse(host, origin) {
      if (host === undefined || !allowed.has(hostName(host))) {
        return `host ${JSON.stringify(host ?? '')} is not allowed here; use localhost or 127.0.0.1, or add it to receive.allowedHosts`
      }
      if (origin !== undefined && !isAllowedOrigin(origin, allowed)) {
        return `origin ${JSON.stringify(origin)} is not allowed here`
      }
      return undefined
    },
  }
}

/** `localhost:4318` -> `localhost`, `[::1]:4318` -> `[::1]`. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}

function isAllowedOrigin(origin: string, allowed: ReadonlySet<string>): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin)
  return match !== null && allowed.has(hostName(match[1]!))
}
