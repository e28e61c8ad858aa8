import { boolean, integer, path, text } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

const nobody = '00000000-0000-0000-0000-000000000000'

/** What an operator may say about placement; names and defaults are OpenStack's. */
export const placementOptions = options({
  placement: {
    randomize_allocation_candidates: boolean({ default: false, about: 'which candidates a limit keeps is left to chance' }),
    incomplete_consumer_project_id: text({ default: nobody, about: 'the project of a consumer whose client named none (before 1.8)' }),
    incomplete_consumer_user_id: text({ default: nobody, about: 'the user of a consumer whose client named none (before 1.8)' }),
    allocation_conflict_retry_count: integer({
      default: 10,
      min: 1,
      about: 'how often an allocation is tried anew when others write the same',
    }),
  },
  oslo_policy: {
    enforce_scope: boolean({ default: false, about: 'refuse tokens of a scope that a rule does not list' }),
    enforce_new_defaults: boolean({ default: false, about: 'stop accepting what only older rules allow' }),
    policy_file: path({ about: 'rules that replace the defaults' }),
  },
})
