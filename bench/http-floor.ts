import { type ChildProcess, fork } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { declarations, type Endpoint } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import { integer, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { ladder } from '@kilonova/platform/ladder.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { policy } from '@kilonova/platform/policy/policy.ts'
import { columns } from '@kilonova/platform/sql/columns.ts'
import { openDatabase } from '@kilonova/platform/sql/database.ts'

/**
 * What the door costs: CPU per request of a declared route with a schema, a policy rule and one select on SQLite, beside a bare
 * `node:http` route that writes the same bytes, in one run. Each server is a process of its own and reports its own CPU time.
 *
 *     node bench/http-floor.ts [--requests 30000] [--clients 16]
 */
interface Row {
  readonly id: string
  readonly size: number
}

const payload: Row = { id: 'thing-7', size: 7 }

async function serveBare() {
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ thing: payload }))
  })
}

async function serveDeclared() {
  const versions = ladder({ '1.0': 'the only one' })
  const { endpoint, query, view } = declarations(versions, (root, items) => ({ [root]: items }))
  const db = await openDatabase<{ thing: { id: string; size: number } }>({
    url: 'sqlite://',
    service: 'bench',
    clock: systemClock,
    log: silentLog,
    migrations: [
      {
        name: '0001-things',
        async up(schema, dialect) {
          const c = columns(dialect)
          await schema
            .createTable('thing')
            .addColumn('id', c.id, col => col.primaryKey())
            .addColumn('size', c.integer, col => col.notNull())
            .execute()
        },
      },
    ],
  })
  await db.transaction({ requestId: 'req-0', why: 'bench' }, tx =>
    tx.change([], async sql => {
      await sql
        .insertInto('thing')
        .values(Array.from({ length: 1000 }, (_, size) => ({ id: `thing-${size}`, size })))
        .execute()
    }),
  )
  const shown = shows<Row>()
  const get: Endpoint = endpoint('GET /things/{thing_id}', {
    summary: 'Show a thing',
    policy: 'things:get',
    query: query({ limit: optional(integer({ min: 0 })), name: optional(text()) }),
    status: 200,
    view: view('thing', { id: shown(text(), thing => thing.id), size: shown(integer(), thing => thing.size) }),
    target: () => ({ project_id: 'p' }),
    run: ({ params }) => db.read.selectFrom('thing').selectAll().where('id', '=', params.thing_id).executeTakeFirstOrThrow(),
  })
  const caller = { userId: 'u', projectId: 'p', roles: ['reader'] }
  const door = await openDoor({
    name: 'bench',
    versions,
    microversions: undefined,
    endpoints: [get],
    spell: problem => ({ body: { message: problem.message } }),
    policy: policy({ defaults: { 'things:get': { rule: 'role:admin or (role:reader and project_id:%(project_id)s)', about: 'show' } } }),
    authenticate: async () => caller,
    clock: systemClock,
    chance: seededChance(1),
    log: silentLog,
    requestIdHeaders: [],
    trustProxy: false,
    bodyLimit: 100_000,
    onServed: () => {},
  })
  return createServer((request, response) => door.routing(request, response))
}

async function serve(which: string) {
  const server = which === 'bare' ? await serveBare() : await serveDeclared()
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('message', () => process.send?.(process.cpuUsage()))
}

const ask = <T>(child: ChildProcess, word?: string): Promise<T> =>
  new Promise(resolve => {
    child.once('message', message => resolve(message as T))
    if (word) child.send(word)
  })

async function measure(which: string, { requests, clients }: { requests: number; clients: number }): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['--serve', which])
  const { port } = await ask<{ port: number }>(child)
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const once = () =>
    new Promise<void>((resolve, reject) => {
      request({ agent, port, host: '127.0.0.1', path: '/things/thing-7?limit=5', headers: { 'x-auth-token': 't' } }, response => {
        if (response.statusCode !== 200) reject(new Error(`${which} answered ${response.statusCode}`))
        response.resume()
        response.on('end', resolve)
      })
        .on('error', reject)
        .end()
    })
  const run = async (count: number) => {
    let left = count
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (left-- > 0) await once()
      }),
    )
  }
  await run(Math.ceil(requests / 5))
  const before = await ask<NodeJS.CpuUsage>(child, 'cpu')
  await run(requests)
  const after = await ask<NodeJS.CpuUsage>(child, 'cpu')
  agent.destroy()
  child.kill()
  return (after.user + after.system - before.user - before.system) / requests
}

const option = (name: string, usual: number) => Number(process.argv[process.argv.indexOf(`--${name}`) + 1] || usual) || usual

if (process.argv[2] === '--serve') await serve(process.argv[3] ?? 'bare')
else {
  const load = { requests: option('requests', 30_000), clients: option('clients', 16) }
  const bare = await measure('bare', load)
  const declared = await measure('declared', load)
  console.log(`bare node:http     ${bare.toFixed(1)} µs of CPU per request`)
  console.log(
    `a declared route   ${declared.toFixed(1)} µs of CPU per request (schema, policy, one select), ${(declared / bare).toFixed(2)} times the bare one`,
  )
}
