import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import type { SpanData } from '@spanledger/sdk/record'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { instrumentTransport } from './index.ts'

const recorded = recordInTests()
let client: Client
let server: McpServer
let release = (): void => {}

beforeEach(async () => {
  client = new Client({ name: 'tester', version: '1' }, { capabilities: { sampling: {} } })
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: 'm',
    role: 'assistant',
    content: { type: 'text', text: 'sampled' },
  }))
  server = new McpServer({ name: 'tools', version: '1' })
  server.registerTool('work', {}, async () => {
    await record('query', async () => {})
    return { content: [{ type: 'text', text: 'done' }] }
  })
  server.registerTool('fails', {}, () => ({ content: [{ type: 'text', text: 'no tea' }], isError: true }))
  server.registerTool('waits', {}, () => new Promise((resolve) => (release = () => resolve({ content: [] }))))
  server.registerTool('asks', {}, async () => {
    await server.server.createMessage({ messages: [], maxTokens: 1 })
    return { content: [] }
  })
  server.registerResource('note', 'note://7', {}, () => ({ contents: [{ uri: 'note://7', text: 'seven' }] }))
  const [near, far] = InMemoryTransport.createLinkedPair()
  await server.connect(instrumentTransport(far))
  await client.connect(instrumentTransport(near))
  recorded.spans.length = 0
})
afterEach(() => client.close())

const both = (name: string): SpanData[] => recorded.spans.filter((span) => span.name === name)

const types = (): unknown[] => both('tools/call waits').map((span) => object(span.attributes)['error.type'])

describe('requests between an MCP client and server', () => {
  it('are spans at both ends, in one trace, with what they did', async () => {
    await record('agent', () => client.callTool({ name: 'work' }))
    const [atServer, atClient] = both('tools/call work')
    expect(tree(recorded.spans)).toMatchObject({
      agent: { 'tools/call work': { 'tools/call work': { query: {} } } },
    })
    expect([atClient?.kind, atServer?.kind]).toEqual(['client', 'server'])
    expect(atServer?.flags).toBe(0x303)
    const attributes = {
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'work',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': expect.stringMatching(/^20/),
      'jsonrpc.request.id': expect.any(String),
    }
    expect(object(atClient!.attributes)).toMatchObject(attributes)
    expect(object(atServer!.attributes)).toMatchObject(attributes)
    for (const side of ['client', 'server'])
      expect(await recorded.points(`mcp.${side}.operation.duration`)).toContainEqual(
        expect.objectContaining({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'work', count: 1 }),
      )
  })

  it("fail as a tool's failure and as an error of the protocol", async () => {
    await client.callTool({ name: 'fails' })
    await expect(client.readResource({ uri: 'note://none' })).rejects.toThrow('not found')
    await client.readResource({ uri: 'note://7' })
    expect(
      both('tools/call fails').map((span) => [
        span.status,
        span.statusMessage,
        object(span.attributes)['error.type'],
      ]),
    ).toEqual([
      ['error', 'no tea', 'tool_error'],
      ['error', 'no tea', 'tool_error'],
    ])
    expect(both('resources/read').map((span) => object(span.attributes))).toMatchObject([
      { 'error.type': '-32602', 'rpc.response.status_code': '-32602', 'mcp.resource.uri': 'note://none' },
      { 'error.type': '-32602' },
      { 'mcp.resource.uri': 'note://7' },
      {},
    ])
  })

  it('go the other way as well', async () => {
    await client.callTool({ name: 'asks' })
    expect(tree(recorded.spans)).toEqual({
      'tools/call asks': {
        'tools/call asks': { 'sampling/createMessage': { 'sampling/createMessage': {} } },
      },
    })
  })

  it('end when they are taken back, and when the connection closes', async () => {
    const controller = new AbortController()
    const cancelled = client.callTool({ name: 'waits' }, undefined, { signal: controller.signal })
    await expect.poll(() => release.name).toBe('release')
    controller.abort(new Error('enough'))
    await expect(cancelled).rejects.toThrow('enough')
    await expect.poll(types).toEqual(['cancelled', 'cancelled'])
    recorded.spans.length = 0
    const open = client.callTool({ name: 'waits' })
    await client.close()
    await expect(open).rejects.toThrow('closed')
    await expect.poll(types).toEqual(['connection_closed', 'connection_closed'])
  })

  it('leave the caller its own parameters', async () => {
    const params = { name: 'work', _meta: { own: 1 } }
    await client.callTool(params)
    expect(params).toEqual({ name: 'work', _meta: { own: 1 } })
  })
})
