import { testOnSqlite } from '@kilonova/platform/sql/testing.ts'
import { ipamSuite } from './logic.test-suite.ts'

testOnSqlite('addresses and tags', ipamSuite)
