import { databaseSuite } from './database.suite.ts'
import { testOnSqlite } from './testing.ts'

testOnSqlite('a database', databaseSuite)
