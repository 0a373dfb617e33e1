import { start } from './start.ts'

// node --import @spanledger/sdk/register; bun --preload; deno run --preload. What is imported after it finds recording on.
await start()
