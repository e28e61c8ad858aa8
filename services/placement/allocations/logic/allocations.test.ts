import { testOnSqlite } from '@kilonova/platform/sql/testing.ts'
import { claimsSuite } from './allocations.test-suite.ts'

testOnSqlite('claims', claimsSuite(60))
