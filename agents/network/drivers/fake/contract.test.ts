import { systemClock } from '@kilonova/platform/clock.ts'
import { aSetup } from '../../kit/wirings.ts'
import { testDriver } from '../contract.test-suite.ts'
import { openFakeDriver } from './open.ts'

testDriver({
  run: 0,
  open: async () => {
    const driver = openFakeDriver({ setup: aSetup(), clock: systemClock })
    return {
      driver,
      plug: async port => driver.plug(port.id),
      unplug: async port => driver.unplug(port.id),
      until: async (what, holds) => {
        if (!(await holds())) throw new Error(`it is not so that ${what}`)
      },
    }
  },
})
