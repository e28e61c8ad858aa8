import { onTestFinished } from 'vitest'
import { tapOf } from '../../contract/names.ts'
import { openYard, until, type YardGuest } from '../../kit/hosts.ts'
import { testDriver } from '../contract.test-suite.ts'

testDriver({
  run: process.pid & 0xffff,
  open: async () => {
    const yard = openYard()
    onTestFinished(() => yard.clear())
    const host = await yard.host('c')
    const guests = new Map<string, YardGuest>()
    return {
      driver: host.driver,
      until,
      plug: async port => {
        if (!guests.has(tapOf(port.id))) guests.set(tapOf(port.id), await host.guest(port))
      },
      unplug: async port => {
        await guests.get(tapOf(port.id))?.unplug()
        guests.delete(tapOf(port.id))
      },
    }
  },
})
