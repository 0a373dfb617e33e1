/** One process, told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  pid: number
  /** When it started, in whatever form the system tells; empty when it does not. */
  started: string
  /** The boot it belongs to; empty where `started` is absolute. */
  boot: string
  /** Machine and, where there are several, pid namespace: pids mean nothing beyond it. */
  host: string
}

/** `unknown`: it runs on another host, or the system does not tell it from a later process with the same pid. */
export type Liveness = 'alive' | 'dead' | 'unknown'

export interface Processes {
  self(): Promise<ProcessIdentity>
  liveness(process: ProcessIdentity): Promise<Liveness>
}
