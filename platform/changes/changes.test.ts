import { testOnSqlite } from '../sql/testing.ts'
import { changesSuite } from './changes.suite.ts'

testOnSqlite('the change log', changesSuite)
