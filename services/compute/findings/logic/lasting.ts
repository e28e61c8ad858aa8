import type { Cause } from '@kilonova/platform/cause.ts'
import { cellIds } from '../../cells/cell.ts'
import { givenUp } from '../../servers/server.ts'
import type { Check, Finding, Known, OpenTask } from '../finding.ts'
import { nameOf, type Rooms, sceneOf } from './rooms.ts'

/** As long as an undo, and what is told after it, may go on after a deadline. */
const graceMs = 80 * 60_000

/** No server is on its way with nobody to bring it there. */
export const serversLast = (rooms: Rooms): Check => ({
  name: 'no server waits for work that nobody does',
  async look() {
    const { servers, busy } = await sceneOf(rooms)
    const stuck = servers.filter(one => !one.isDeleted && (one.taskState !== null || one.vmState === 'building') && !busy.has(one.id))
    return stuck.map(one => ({
      what: `${nameOf(one)} is ${one.taskState ?? one.vmState}, and no task is about it`,
      repair: { what: 'set to ERROR', run: cause => giveUp(one, rooms, cause) },
    }))
  },
})

async function giveUp({ id, cell, taskState }: Known, { cells, clock }: Rooms, cause: Cause): Promise<void> {
  const { servers, write } = cells[cell]
  await write(cause, async tx => {
    const server = await servers.findUnchecked(id, tx.read)
    if (server?.taskState !== taskState) return
    await servers.update(tx, givenUp(server, new Date(clock.now()).toISOString()), 'failed')
  })
}

/** Work ends in time, or is parked where an operator sees it. */
export const tasksEnd = ({ cells, clock }: Rooms): Check => ({
  name: 'all work ends in time',
  async look() {
    const tasks = [...(await cells.cell1.found.openTasks()), ...(await cells.cell0.found.openTasks())]
    return tasks.flatMap((one): Finding[] => {
      if (one.state === 'parked') return [{ what: `${wordsOf(one)} is parked (kilonova tasks retry ${one.id} tries again)` }]
      const isLate = one.deadlineMs + graceMs < clock.now() && one.leaseUntilMs < clock.now()
      return isLate ? [{ what: `${wordsOf(one)} is ${one.state} long after its deadline, and nobody works on it` }] : []
    })
  },
})

const wordsOf = ({ id, name, subject, fault }: OpenTask) =>
  `task ${id} (${name} of ${subject}${fault ? `; “${fault.step}” on ${fault.host}: ${fault.message}` : ''})`

/** Whoever looks a server up finds it: each is in one cell, the one its mapping names. */
export const cellsAgree = (rooms: Rooms): Check => ({
  name: 'every server is in the cell that its mapping names',
  async look() {
    const { servers, busy } = await sceneOf(rooms)
    const cells = await rooms.mappings.cells()
    const alive = servers.filter(one => !one.isDeleted && !busy.has(one.id))
    const twice = Map.groupBy(alive, ({ id }) => id)
    return [...twice.values()].flatMap(([one, second]): Finding[] => {
      if (!one) return []
      if (second) return [{ what: `${nameOf(one)} is in both cells` }]
      const mapped = cells.get(one.id)
      if (mapped === undefined) return [{ what: `${nameOf(one)} is in ${one.cell}, and no mapping names it` }]
      if (mapped === cellIds[one.cell]) return []
      const run = async (cause: Cause) => void (await rooms.mappings.move(one.id, one.cell, cause))
      return [{ what: `${nameOf(one)} is in ${one.cell}, and its mapping names another`, repair: { what: 'mapped anew', run } }]
    })
  },
})

/** What was asked of servers is answered. */
export const actionsEnd = (rooms: Rooms): Check => ({
  name: 'every action on a server has ended, or is under way',
  async look() {
    const { busy, byId } = await sceneOf(rooms)
    const found = await Promise.all(
      Object.values(rooms.cells).map(async ({ found, actions, write }) =>
        (await found.openActions())
          .filter(({ serverId }) => !busy.has(serverId))
          .map(({ serverId, requestId, action }) => {
            const end = { requestId, why: 'verify' }
            const run = (cause: Cause) => write(cause, tx => actions.end(tx, serverId, end, { message: 'The work on it was lost.' }))
            const name = nameOf(byId.get(serverId) ?? { id: serverId, name: 'of old' })
            return { what: `${action} of ${name}, asked by ${requestId}, has no end`, repair: { what: 'ended as failed', run } }
          }),
      ),
    )
    return found.flat()
  },
})
