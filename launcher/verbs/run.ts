import { Refusal } from '@kilonova/platform/refusal.ts'
import { daemonNames } from '../daemons.ts'
import type { Globals } from '../globals.ts'
import { placesOf } from '../places.ts'
import { up } from '../up.ts'

/** Neutron's agents of a host that are one daemon here. */
const ofAgent = ['neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent']

/** One daemon, or some, in this very process until it is told to end: what a service manager starts. Others of the same home run beside it. */
export async function runDaemons(globals: Globals, names: readonly string[]): Promise<number> {
  for (const name of names) mustBeDaemon(name)
  const instance = names.join('+')
  const { home, host, environment, flags } = globals
  const places = placesOf({ home, isRoot: host.isRoot, instance })
  const wish = { places, home, environment, instance, flags: [...flags, `DEFAULT.daemons=${names.join(',')}`] }
  return await up({ ...wish, mayInstall: false, deadlineMs: 60_000, foreground: true }, globals)
}

export function mustBeDaemon(name: string): void {
  if (ofAgent.includes(name)) throw new Refusal('invalid', `${name} is a part of neutron-linuxbridge-agent here: run that.`)
  if (!daemonNames.includes(name)) throw new Refusal('invalid', `There is no daemon ${name}; there are ${daemonNames.join(', ')}.`)
}
