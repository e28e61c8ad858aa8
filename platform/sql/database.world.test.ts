import { databaseSuite } from './database.suite.ts'
import { testOnServers } from './testing.ts'

testOnServers('a database', databaseSuite)
