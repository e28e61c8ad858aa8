import { attr, type Change } from '../../attributes/attribute/attribute.ts'
import { dictionary, flag, orNull, shown, text, uuid, whole } from '../../attributes/attribute/kinds.ts'

// biome-ignore format: a table of attributes
export const agentAttributes = {
  id:                  attr('vfs', uuid),
  agent_type:          attr('vfs', text()),
  binary:              attr('vfs', text()),
  topic:               attr('vfs', text()),
  host:                attr('vfs', text()),
  availability_zone:   attr('vfs', orNull(text())),
  admin_state_up:      attr('uvfs', flag),
  description:         attr('uvfs', orNull(text(255))),
  created_at:          attr('vs', text()),
  started_at:          attr('vs', text()),
  heartbeat_timestamp: attr('vs', text()),
  alive:               attr('vf', flag),
  configurations:      attr('v', dictionary),
  resources_synced:    attr('v', shown({ type: ['boolean', 'null'] })),
  load:                attr('', whole()),
} as const

export type AgentChange = Change<typeof agentAttributes>
