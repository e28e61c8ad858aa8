import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { claimsSuite } from './allocations.test-suite.ts'

testOnServers('claims', claimsSuite(25))
