import { testOnServers } from '../sql/testing.ts'
import { taskStoreSuite } from './store.suite.ts'

testOnServers('the journal of tasks', taskStoreSuite)
