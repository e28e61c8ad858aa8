import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect as KyselyDialect,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
} from 'kysely'
import type { Dialect } from './database.ts'
import { ListingCompiler } from './sqlite-compiler.ts'

const driver = new DummyDriver()

const dialects: Record<Dialect, KyselyDialect> = {
  sqlite: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createQueryCompiler: () => new ListingCompiler(),
    createIntrospector: db => new SqliteIntrospector(db),
  },
  mysql: {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => driver,
    createQueryCompiler: () => new MysqlQueryCompiler(),
    createIntrospector: db => new MysqlIntrospector(db),
  },
  postgres: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: db => new PostgresIntrospector(db),
  },
}

const parts = new Map(
  (Object.keys(dialects) as Dialect[]).map(name => {
    const dialect = dialects[name]
    return [name, { dialect, adapter: dialect.createAdapter(), compiler: dialect.createQueryCompiler() }]
  }),
)

/**
 * Kysely as a language only: what it compiles goes to `run`. Connections, transactions and retries are not Kysely's here, because a
 * commit whose answer was lost, and reads that never wait for a writer, need more control than its drivers give. Costs about a microsecond.
 */
export function kyselyOver<Tables>(name: Dialect, run: (query: CompiledQuery) => Promise<QueryResult<unknown>>): Kysely<Tables> {
  const part = parts.get(name)
  if (part === undefined) throw new Error(`No dialect ${name}`)
  const connection = { executeQuery: run, streamQuery: refuseStream } as DatabaseConnection
  const provider = { provideConnection: <T>(use: (connection: DatabaseConnection) => Promise<T>) => use(connection) }
  const executor = new DefaultQueryExecutor(part.compiler, part.adapter, provider, [])
  return new Kysely<Tables>({ config: { dialect: part.dialect }, dialect: part.dialect, driver, executor })
}

function refuseStream(): never {
  throw new Error('Statements are not streamed: read in pages.')
}
