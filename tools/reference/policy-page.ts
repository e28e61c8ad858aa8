import type { Declared } from '@kilonova/platform/http/declared.ts'
import { isOpen } from '@kilonova/platform/http/endpoint.ts'
import { flat } from '@kilonova/platform/http/openapi.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { type Reach, walk, walkers } from '@kilonova/platform/policy/walk.ts'
import { table } from './page.ts'

const signs: Readonly<Record<Reach, string>> = { all: 'yes', own: 'own', foreign: 'others’', none: '–' }

/** Who gets how far with each route of a service, by its default rules, as Markdown. */
export function policyPage(service: string, { endpoints, policies }: Declared): string {
  const rules = policy({ defaults: policies }) as Policy
  const callers = Object.keys(walkers)
  const rows = flat(endpoints).map(({ method, path, action, policy: rule }) => [
    `\`${method} ${path}\`${action === undefined ? '' : ` ${action}`}`,
    ...(isOpen(rule)
      ? ['open', 'yes', ...callers.map(() => 'yes')]
      : [`\`${rule}\``, '–', ...Object.values(walk(policies, rule, rules)).map(reach => signs[reach])]),
  ])
  return `${[
    `# Who may do what in ${service}, by default`,
    'Generated from the routes and the rules by `npm run docs`; a test fails when it is not up to date.',
    '*own*: with things of the caller’s own user, project or domain. *yes*: with those of others too. A reader, member or project admin has ' +
      'that role in a project, a domain admin in a domain, the last two in the system. What a handler asks besides its route’s rule is not in this table.',
    table(['Route', 'Rule', 'stranger', ...callers], rows),
  ].join('\n\n')}\n`
}
