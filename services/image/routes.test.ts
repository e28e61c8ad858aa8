import { type Declared, stubLogics } from '@kilonova/platform/http/declared.ts'
import { testsOfRoutes } from '@kilonova/stories/kit/completeness.ts'
import { spell } from './faults.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import { versions } from './versions.ts'

const declared: Declared = { versions, policies, spell, endpoints: routes(stubLogics<Logics>()) }

// biome-ignore format: a list
testsOfRoutes(declared, {
  askedInside: ['publicize_image', 'communitize_image', 'set_image_location', 'get_image_location', 'copy_image'],
  unasked: ['get_task', 'get_tasks', 'add_task', 'modify_task'],
})
