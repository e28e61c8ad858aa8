import { down } from '../down.ts'
import type { Globals } from '../globals.ts'

export const runDown = (globals: Globals): Promise<number> => down(globals.places, { ...globals, say: globals.print })
