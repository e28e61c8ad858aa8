import { testOnSqlite } from '../sql/testing.ts'
import { taskStoreSuite } from './store.suite.ts'

testOnSqlite('the journal of tasks', taskStoreSuite)
