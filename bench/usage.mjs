// Loaded into a program that is measured (`node --import`): writes what it used, by getrusage, to BENCH_USAGE when it ends.
import { writeFileSync } from 'node:fs'

process.once('exit', () => writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage())))
