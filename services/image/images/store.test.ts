import { testOnSqlite } from '@kilonova/platform/sql/testing.ts'
import { imageStoreSuite } from './store.test-suite.ts'

testOnSqlite('images', imageStoreSuite)
