import { testOnSqlite } from '@kilonova/platform/sql/testing.ts'
import { routingSuite } from './logic.test-suite.ts'

testOnSqlite('what many ask for at one moment', routingSuite)
