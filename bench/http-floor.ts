import { createServer } from 'node:http'
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
import { line, numberSaid, serveMeasured, startMeasured } from './measured.ts'

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

const file = fileURLToPath(import.meta.url)

if (process.argv[2] === '--serve') serveMeasured(process.argv[3] === 'bare' ? await serveBare() : await serveDeclared())
else {
  const load = { count: numberSaid('requests', 30_000), clients: numberSaid('clients', 16) }
  const asked = { path: '/things/thing-7?limit=5', headers: { 'x-auth-token': 't' }, expect: 200 }
  const measure = async (which: string) => {
    const server = await startMeasured(file, which)
    const us = await server.cpuPerRequest(asked, load)
    server.stop()
    return us
  }
  const bare = await measure('bare')
  console.log(line('bare', bare, bare))
  console.log(line('a route: schema, policy, one select', await measure('declared'), bare))
}
