import { type Declared, stubLogics } from '@kilonova/platform/http/declared.ts'
import { testsOfRoutes } from '@kilonova/stories/kit/completeness.ts'
import { spell } from './faults.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import { versions } from './versions.ts'

const declared: Declared = { versions, policies, spell, endpoints: routes(stubLogics<Logics>()) }

const guarded = Object.keys(policies).filter(name => /^(create|get|update|add|remove)_\w+:/.test(name))

testsOfRoutes(declared, { askedInside: ['network:changes:all', ...guarded] })
