import { collection } from '../versions/collection.ts'
import type { RbacLogic } from './logic/policies.ts'
import { rbacAttributes } from './rbac-policy/attributes.ts'
import type { RbacPolicy } from './rbac-policy/rbac-policy.ts'

export const rbacApi = (policies: RbacLogic) =>
  collection<RbacPolicy>({
    name: 'rbac_policy',
    plural: 'rbac_policies',
    path: '/v2.0/rbac-policies',
    words: { one: 'an RBAC policy', many: 'the RBAC policies' },
    attributes: rbacAttributes,
    logic: policies,
    shows: { target_tenant: ({ targetProject }) => targetProject },
  })
