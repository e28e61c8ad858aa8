import type { Check } from '../finding.ts'
import { amountsAgree, claimsAgree, nothingOvercommitted } from './allocations.ts'
import { actionsEnd, cellsAgree, serversLast, tasksEnd } from './lasting.ts'
import { filesAgree, guestsAgree } from './machines.ts'
import type { Rooms } from './rooms.ts'

/** All that must hold of servers, between the tables, placement and the hosts. */
export const checksOf = (rooms: Rooms): readonly Check[] => [
  serversLast(rooms),
  tasksEnd(rooms),
  cellsAgree(rooms),
  actionsEnd(rooms),
  guestsAgree(rooms),
  filesAgree(rooms),
  claimsAgree(rooms),
  amountsAgree(rooms),
  nothingOvercommitted(rooms),
]
