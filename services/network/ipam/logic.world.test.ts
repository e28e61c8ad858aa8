import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { ipamSuite } from './logic.test-suite.ts'

testOnServers('addresses and tags', ipamSuite)
