import type { Globals } from '../globals.ts'
import { up } from '../up.ts'

export interface UpFlags {
  readonly only?: string
  readonly daemons?: string
  readonly onePort?: string
  readonly portBase?: string
  readonly foreground?: boolean
  readonly install: boolean
}

export async function runUp(globals: Globals, wish: UpFlags): Promise<number> {
  const flags = [
    ...globals.flags,
    ...(wish.only === undefined ? [] : [`DEFAULT.enabled_services=${wish.only}`]),
    ...(wish.daemons === undefined ? [] : [`DEFAULT.daemons=${wish.daemons}`]),
    ...(wish.onePort === undefined ? [] : [`DEFAULT.one_port=${wish.onePort}`]),
    ...(wish.portBase === undefined ? [] : [`DEFAULT.port_base=${wish.portBase}`]),
  ]
  const { home, places, environment, print, say } = globals
  return await up(
    { places, home, flags, environment, mayInstall: wish.install, deadlineMs: 60_000, foreground: wish.foreground ?? false },
    {
      ...globals,
      say: line => (line.startsWith(' ') || line.startsWith('The cloud') || line.startsWith('What next') ? print(line) : say(line)),
    },
  )
}
