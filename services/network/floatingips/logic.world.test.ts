import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { routingSuite } from './logic.test-suite.ts'

testOnServers('what many ask for at one moment', routingSuite)
