import { buildings, type Place, type Room, rooms } from './plan.ts'

/**
 * Downstairs yes, upstairs no; on one floor, only your own room. Across the corridor (another resource): its noun, states or logic.
 * Across the street (another service or agent): its contract. A complaint says what the law is and what to do instead.
 */
export function complaint(from: Place, to: Place): string | undefined {
  if (to.isTest && !from.isTest) return 'tests and their kits are imported by tests alone; move what is shared to where it belongs'
  if (from.room === undefined) return complaintOfBuilding(from, to)
  if (to.room === undefined) return complaintToBuilding(from, to)
  if (from.house !== to.house)
    return to.room === 'contract'
      ? undefined
      : `across the street only contract/ is open, not ${to.room}; ask ${to.house} through its contract`
  return from.isTest ? undefined : complaintInHouse({ ...from, room: from.room }, { ...to, room: to.room })
}

function complaintOfBuilding(from: Place, to: Place): string | undefined {
  const row = buildings[from.building]
  if (to.room === undefined) {
    if (row?.buildings.includes(to.building)) return undefined
    return from.building === 'platform'
      ? `platform/ imports nothing of ours, so not ${to.building}/; what only one of us needs belongs there, not in platform/`
      : `${from.building}/ may not import ${to.building}/`
  }
  if (row?.rooms.includes(to.room) || (from.isTest && to.room === 'kit')) return undefined
  const open = row?.rooms.join(', ') || 'nothing'
  return `${from.building}/ may enter of services and agents: ${open}; not ${to.room}`
}

function complaintToBuilding(from: Place, to: Place): string | undefined {
  if (to.building === 'platform') return undefined
  if (from.isTest && to.building === 'stories') return undefined
  return `services and agents import platform/ and contracts, not ${to.building}/`
}

/** The folder of platform/ a module lies in, judged against what the room may use. */
export function complaintAboutPlatform(from: Place, folder: string): string | undefined {
  if (from.room === undefined || from.isTest || folder === '') return undefined
  const { platform, what } = rooms[from.room]
  if (platform === 'all' || platform.includes(folder)) return undefined
  const open = platform.map(one => `platform/${one}`).join(', ') || 'only the files right in platform/'
  return `${from.room} (${what}) knows no platform/${folder}; it may use ${open}; let the floor whose business it is hand it in`
}

type Settled = Place & { readonly room: Room }

function complaintInHouse(from: Settled, to: Settled): string | undefined {
  const [below, above] = [rooms[from.room], rooms[to.room]]
  if (below.only && !below.only.includes(to.room)) return `${from.room} may import only ${below.only.join(', ')}; not ${to.room}`
  if (above.enteredBy && !above.enteredBy.includes(from.room))
    return `${to.room} is entered only by ${above.enteredBy.join(', ')}; main builds what ${from.room} needs and hands it in`
  if (above.floor > below.floor)
    return `${from.room} may not import upstairs from ${to.room}; move what it needs down, or let the floor above bring them together`
  if (above.floor === below.floor && above.floor > 0) {
    if (to.room !== from.room) return `${from.room} and ${to.room} are neighbours on one floor; the floor above brings them together`
    if (to.part !== from.part)
      return `drivers and assets know none of their kind: ${from.part} may not import ${to.part}; main hands one to the other`
  }
  if (from.resource && to.resource && from.resource !== to.resource && above.floor > 0 && to.room !== 'logic')
    return `across the corridor ${to.resource}/${to.room} is private; ask ${to.resource}/logic`
  return undefined
}
