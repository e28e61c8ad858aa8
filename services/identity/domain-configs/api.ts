import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, dictionary } from '@kilonova/platform/http/shape.ts'
import { body, endpoint, view } from '../versions.ts'
import type { DomainConfigLogic, Shown } from './logic.ts'

const configBody = body(null, { config: optional(dictionary(anything)) }, { extra: 'keep' })
const configView = view('config', {}, (config: Shown) => config)

const whole = '/v3/domains/{domain_id}/config'
const group = `${whole}/{group}` as const
const option = `${group}/{option}` as const

// biome-ignore format: a table per route
export const domainConfigApi = (configs: DomainConfigLogic) => [
  endpoint('GET /v3/domains/config/default', {
    summary: 'Show what holds for domains without options of their own',
    policy:  'identity:get_domain_config_default',
    status:  200,
    view:    configView,
    run:     () => configs.getDefault(),
  }),

  endpoint('GET /v3/domains/config/{group}/default', {
    summary: 'Show what holds for domains without options of their own, of one group',
    policy:  'identity:get_domain_config_default',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.getDefault({ group: params.group }),
  }),

  endpoint('GET /v3/domains/config/{group}/{option}/default', {
    summary: 'Show what holds for domains without this option of their own',
    policy:  'identity:get_domain_config_default',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.getDefault({ group: params.group, option: params.option }),
  }),

  endpoint(`GET ${whole}/security_compliance`, {
    summary: 'Show what passwords must look like',
    policy:  'identity:get_security_compliance_domain_config',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.getSecurityCompliance(params.domain_id),
  }),

  endpoint(`GET ${whole}/security_compliance/{option}`, {
    summary: 'Show one thing about what passwords must look like',
    policy:  'identity:get_security_compliance_domain_config',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.getSecurityCompliance(params.domain_id, params.option),
  }),

  endpoint(`PUT ${whole}`, {
    summary: 'Give a domain options of its own, instead of those it had',
    policy:  'identity:create_domain_config',
    body:    configBody,
    status:  201,
    view:    configView,
    run:     async ({ params, body, cause }) => {
      const { config, isNew } = await configs.replace(params.domain_id, body.config ?? {}, cause)
      return answer(config, { status: isNew ? 201 : 200 })
    },
  }),

  endpoint(`GET ${whole}`, {
    summary: 'Show the options a domain has of its own',
    policy:  'identity:get_domain_config',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.get(params.domain_id),
  }),

  endpoint(`GET ${group}`, {
    summary: 'Show one group of the options a domain has of its own',
    policy:  'identity:get_domain_config',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.get(params.domain_id, { group: params.group }),
  }),

  endpoint(`GET ${option}`, {
    summary: 'Show one option a domain has of its own',
    policy:  'identity:get_domain_config',
    status:  200,
    view:    configView,
    run:     ({ params }) => configs.get(params.domain_id, { group: params.group, option: params.option }),
  }),

  endpoint(`PATCH ${whole}`, {
    summary: 'Change or add options of a domain',
    policy:  'identity:update_domain_config',
    body:    configBody,
    status:  200,
    view:    configView,
    run:     ({ params, body, cause }) => configs.update(params.domain_id, body.config ?? {}, {}, cause),
  }),

  endpoint(`PATCH ${group}`, {
    summary: 'Change one group of the options of a domain',
    policy:  'identity:update_domain_config',
    body:    configBody,
    status:  200,
    view:    configView,
    run:     ({ params, body, cause }) => configs.update(params.domain_id, body.config ?? {}, { group: params.group }, cause),
  }),

  endpoint(`PATCH ${option}`, {
    summary: 'Change one option of a domain',
    policy:  'identity:update_domain_config',
    body:    configBody,
    status:  200,
    view:    configView,
    run:     ({ params, body, cause }) =>
      configs.update(params.domain_id, body.config ?? {}, { group: params.group, option: params.option }, cause),
  }),

  endpoint(`DELETE ${whole}`, {
    summary: 'Take all its own options from a domain',
    policy:  'identity:delete_domain_config',
    status:  204,
    run:     ({ params, cause }) => configs.delete(params.domain_id, {}, cause),
  }),

  endpoint(`DELETE ${group}`, {
    summary: 'Take one group of its own options from a domain',
    policy:  'identity:delete_domain_config',
    status:  204,
    run:     ({ params, cause }) => configs.delete(params.domain_id, { group: params.group }, cause),
  }),

  endpoint(`DELETE ${option}`, {
    summary: 'Take one of its own options from a domain',
    policy:  'identity:delete_domain_config',
    status:  204,
    run:     ({ params, cause }) => configs.delete(params.domain_id, { group: params.group, option: params.option }, cause),
  }),
]
