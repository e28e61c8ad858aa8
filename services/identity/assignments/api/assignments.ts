import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
import type { AssignmentLogic } from '../logic/assignments.ts'
import { grantRoutes } from './grants.ts'
import { listRoutes } from './list.ts'

export const assignmentApi = (assignments: AssignmentLogic): readonly Endpoint[] => [
  ...grantRoutes(assignments),
  ...listRoutes(assignments),
]
