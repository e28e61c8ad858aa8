import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { imageStoreSuite } from './store.test-suite.ts'

testOnServers('images', imageStoreSuite)
