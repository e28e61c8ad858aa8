import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { serverStoreSuite } from './store.test-suite.ts'

testOnServers('the store of servers', serverStoreSuite)
