import { type ThrowAwayServer, throwAwayMaria, throwAwayPostgres } from '@kilonova/platform/sql/throw-away.ts'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of a database server for tests, up to the name of a database: where the project has one. */
    databaseServer?: string
  }
}

let server: ThrowAwayServer | undefined

/** One server for all tests of a project, `identity-mariadb` or `identity-postgres`. Nothing of it outlives the run, so it need not sync. */
export async function setup(project: TestProject) {
  if (project.name.endsWith('mariadb')) {
    server = await throwAwayMaria()
    await server.say('set global innodb_flush_log_at_trx_commit = 0')
  } else {
    server = await throwAwayPostgres()
    await server.say('alter system set fsync = off')
    await server.say('select pg_reload_conf()')
  }
  project.provide('databaseServer', server.freshUrl())
}

export const teardown = () => server?.remove()
