import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import * as commands from './contract/messages.ts'
import { applyWiring } from './wiring/apply.ts'
import { observe, probe } from './wiring/look.ts'
import type { Rooms } from './wiring/rooms.ts'

export function inbox(rooms: Rooms): readonly Handler[] {
  return [
    handle(commands.applyWiring, wish => applyWiring(wish, rooms)),
    handle(commands.observe, asked => observe(asked, rooms)),
    handle(commands.probe, wish => probe(wish, rooms)),
  ]
}
