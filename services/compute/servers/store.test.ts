import { testOnSqlite } from '@kilonova/platform/sql/testing.ts'
import { serverStoreSuite } from './store.test-suite.ts'

testOnSqlite('the store of servers', serverStoreSuite)
