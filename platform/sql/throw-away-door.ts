import { createConnection } from 'mysql2/promise'
import pg from 'pg'

/** One statement, as the administrator of a throw-away server. */
export async function openMysqlOnce(port: number, sql: string): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database: 'mysql', connectTimeout: 2000 })
  try {
    await connection.query(sql)
  } finally {
    connection.destroy()
  }
}

export async function openPostgresOnce(port: number, sql: string): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'root', database: 'postgres', connectionTimeoutMillis: 2000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end().catch(() => undefined)
  }
}
