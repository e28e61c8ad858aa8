import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { applyWiring, networkAgentOf, type WiringWish } from '../contract/messages.ts'
import { openLinuxBridgeDriver } from '../drivers/linuxbridge/open.ts'
import { openNetworkAgent } from '../main.ts'
import { aSetup } from './wirings.ts'

/** A whole agent in a process of its own, which its parent may kill: it wires the host of the given namespace as it is told, and answers when it is done. */
const [, , hostNamespace = '', stateDir = ''] = process.argv
const rooms = { clock: systemClock, chance: systemChance, log: silentLog }
const { hasVlans: _, ...setup } = aSetup({ stateDir, owner: `kilonova:${stateDir}` })
const driver = await openLinuxBridgeDriver({
  setup,
  metadataDoor: { host: '127.0.0.1', port: 8775, sharedSecret: 'secret' },
  clock: systemClock,
  log: silentLog,
  hostNamespace,
})
const bus = await openBus({ inProcess: openBroker(), ...rooms })
const agent = await openNetworkAgent({ host: 'yard', bus, driver, ...rooms })

process.on('message', (wish: WiringWish) => {
  const cause = { requestId: `req-${systemChance.uuid()}`, why: 'a test' }
  bus.ask(applyWiring, networkAgentOf('yard'), wish, { cause, deadlineMs: 300_000 }).then(
    done => process.send?.(done),
    error => process.send?.({ failed: String(error) }),
  )
})
process.once('disconnect', () => {
  void agent.close().finally(() => process.exit(0))
})
process.send?.({ ready: true })
