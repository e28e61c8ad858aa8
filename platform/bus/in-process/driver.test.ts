import { busSuite, rooms } from '../contract.test-suite.ts'
import { openBus } from '../open.ts'
import { openBroker } from './broker.ts'

const broker = openBroker()

busSuite('a broker in this process', {
  open: (log = rooms.log) => openBus({ ...rooms, log, inProcess: broker }),
  parked: async () => broker.parked.map(({ parcel }) => parcel.name),
})
