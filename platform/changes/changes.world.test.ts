import { testOnServers } from '../sql/testing.ts'
import { changesSuite } from './changes.suite.ts'

testOnServers('the change log', changesSuite)
