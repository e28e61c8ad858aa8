import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { flavorStoreSuite } from './store.test-suite.ts'

testOnServers('the store of flavors', flavorStoreSuite)
