import { declarations } from '@kilonova/platform/http/endpoint.ts'
import { ladder } from '@kilonova/platform/ladder.ts'

/** Neutron has one version; what more a cloud can do is told by the aliases of its extensions. */
export const versions = ladder({ 'v2.0': 'networks, and what the extensions add' })

export const { body, plainBody, query, view, endpoint } = declarations(versions, (root, items) => ({ [root]: items }))
