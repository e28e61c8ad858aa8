import { testOnSqlite } from '@kilonova/platform/sql/testing.ts'
import { flavorStoreSuite } from './store.test-suite.ts'

testOnSqlite('the store of flavors', flavorStoreSuite)
