import { type Declared, stubLogics } from '@kilonova/platform/http/declared.ts'
import { testsOfRoutes } from '@kilonova/stories/kit/completeness.ts'
import { spell } from './faults.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import { versions } from './versions.ts'

const declared: Declared = { versions, policies, spell, endpoints: routes(stubLogics<Logics>()) }

// biome-ignore format: a list
testsOfRoutes(declared, {
  askedInside: [
    'identity:get_domain_role', 'identity:list_domain_roles', 'identity:create_domain_role', 'identity:update_domain_role',
    'identity:delete_domain_role', 'identity:list_role_assignments_for_tree', 'identity:follow_all_changes',
    'identity:list_trusts', 'identity:list_trusts_for_trustee',
  ],
  unasked: ['identity:list_projects_for_user', 'identity:list_domains_for_user'],
})
