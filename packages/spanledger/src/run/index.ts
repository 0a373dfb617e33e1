export { setUpAgent } from './agent-setup.ts'
export { retryInMs, type RunEvent, streamOfRun } from './events.ts'
export { recordGit, type GitRecord } from './git-record.ts'
export { supervise, type Ended } from './supervise.ts'
