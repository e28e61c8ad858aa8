import { attr, attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { dictionary, orNull, text, words } from '../../attributes/attribute/kinds.ts'
import { type VifType, type VnicType, vnicTypes } from '../../ports/port/port.ts'

/** How a port is plugged in on a host, or would be: of several places one is active. Its id is the host. */
export interface PortBinding {
  readonly id: string
  readonly portId: string
  readonly projectId: string
  readonly host: string
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly vnicType: VnicType
  readonly profile: Readonly<Record<string, unknown>>
  readonly vifType: VifType
  readonly vifDetails: Readonly<Record<string, unknown>>
}

// biome-ignore format: a table of attributes
export const bindingAttributes = {
  host:        needed('cuvf', text(255)),
  project_id:  attr('cv', text(255)),
  vif_type:    attr('vf', text()),
  vif_details: attr('v', dictionary),
  vnic_type:   attrOr('cuvf', words(...vnicTypes), 'normal'),
  profile:     attr('cuv', orNull(dictionary)),
  status:      attr('vf', text()),
} as const

export type BindingWish = Wish<typeof bindingAttributes>
export type BindingChange = Change<typeof bindingAttributes>
