import type { ChangeLog } from '@kilonova/platform/changes/change.ts'
import { changeEndpoint } from '@kilonova/platform/http/change-endpoints.ts'
import { accessRuleApi } from './access-rules/api.ts'
import type { AccessRuleLogic } from './access-rules/logic.ts'
import { accessTokenApi } from './access-tokens/api.ts'
import type { AccessTokenLogic } from './access-tokens/logic.ts'
import { applicationCredentialApi } from './application-credentials/api.ts'
import type { ApplicationCredentialLogic } from './application-credentials/logic.ts'
import { consumerApi } from './consumers/api.ts'
import type { ConsumerLogic } from './consumers/logic.ts'
import { credentialApi } from './credentials/api.ts'
import type { CredentialLogic } from './credentials/logic.ts'
import type { DelegationLogic } from './delegation/logic.ts'
import { ec2CredentialApi } from './ec2-credentials/api.ts'
import type { Ec2CredentialLogic } from './ec2-credentials/logic/ec2-credentials.ts'
import { requestTokenApi } from './request-tokens/api.ts'
import type { RequestTokenLogic } from './request-tokens/logic.ts'
import { trustApi } from './trusts/api.ts'
import type { TrustLogic } from './trusts/logic/trusts.ts'
import { simpleCertApi } from './simple-cert/api.ts'
import { assignmentApi } from './assignments/api/assignments.ts'
import type { AssignmentLogic } from './assignments/logic/assignments.ts'
import { authApi } from './auth/api/auth.ts'
import { signedKeyApi } from './auth/api/signed-keys.ts'
import type { AuthLogic } from './auth/logic/auth.ts'
import { discoveryApi } from './discovery/api.ts'
import { domainConfigApi } from './domain-configs/api.ts'
import type { DomainConfigLogic } from './domain-configs/logic.ts'
import { domainApi } from './domains/api.ts'
import type { DomainLogic } from './domains/logic.ts'
import { endpointApi, endpointView } from './endpoints/api.ts'
import { endpointGroupApi } from './endpoint-groups/api.ts'
import type { EndpointGroupLogic } from './endpoint-groups/logic.ts'
import { endpointPolicyApi } from './endpoint-policies/api.ts'
import type { EndpointPolicyLogic } from './endpoint-policies/logic.ts'
import type { EndpointLogic } from './endpoints/logic.ts'
import { groupApi } from './groups/api.ts'
import type { GroupLogic } from './groups/logic.ts'
import { impliedRoleApi } from './implied-roles/api.ts'
import type { ImpliedRoleLogic } from './implied-roles/logic.ts'
import { limitApi, limitView } from './limits/api.ts'
import type { LimitLogic } from './limits/logic.ts'
import { policyDocumentApi } from './policy-documents/api.ts'
import type { PolicyDocumentLogic } from './policy-documents/logic.ts'
import { projectApi, projectView } from './projects/api.ts'
import type { ProjectLogic } from './projects/logic.ts'
import { regionApi } from './regions/api.ts'
import type { RegionLogic } from './regions/logic.ts'
import { registeredLimitApi } from './registered-limits/api.ts'
import type { RegisteredLimitLogic } from './registered-limits/logic.ts'
import { revocationApi } from './revocations/api.ts'
import type { RevocationLogic } from './revocations/logic.ts'
import { roleApi } from './roles/api.ts'
import type { RoleLogic } from './roles/logic.ts'
import { serviceApi } from './services/api.ts'
import type { ServiceLogic } from './services/logic.ts'
import { userApi } from './users/api.ts'
import type { UserLogic } from './users/logic.ts'
import { v2AccessApi } from './v2-accesses/api.ts'
import type { V2AccessLogic } from './v2-accesses/logic.ts'
import { endpoint, query } from './versions.ts'

/** What the routes are answered by. */
export interface Logics {
  readonly accessRules: AccessRuleLogic
  readonly accessTokens: AccessTokenLogic
  readonly applicationCredentials: ApplicationCredentialLogic
  readonly consumers: ConsumerLogic
  readonly credentials: CredentialLogic
  readonly delegation: DelegationLogic
  readonly ec2: Ec2CredentialLogic
  readonly requestTokens: RequestTokenLogic
  readonly trusts: TrustLogic
  readonly assignments: AssignmentLogic
  readonly auth: AuthLogic
  readonly changes: ChangeLog
  readonly domainConfigs: DomainConfigLogic
  readonly domains: DomainLogic
  readonly endpoints: EndpointLogic
  readonly endpointGroups: EndpointGroupLogic
  readonly endpointPolicies: EndpointPolicyLogic
  readonly groups: GroupLogic
  readonly implied: ImpliedRoleLogic
  readonly limits: LimitLogic
  readonly policyDocuments: PolicyDocumentLogic
  readonly projects: ProjectLogic
  readonly regions: RegionLogic
  readonly registeredLimits: RegisteredLimitLogic
  readonly revocations: RevocationLogic
  readonly roles: RoleLogic
  readonly services: ServiceLogic
  readonly users: UserLogic
  /** Where the operator still lets clients of version 2.0 in. */
  readonly v2: V2AccessLogic | undefined
}

export const changesPath = '/v3/changes'
export const changeRules = { own: 'identity:follow_changes', all: 'identity:follow_all_changes' }

/** Every URL of the service. */
export const routes = (logics: Logics) => [
  ...discoveryApi({ hasV2: logics.v2 !== undefined }),
  ...(logics.v2 ? v2AccessApi(logics.v2) : []),
  ...authApi(logics.auth),
  ...signedKeyApi(logics.auth),
  ...regionApi(logics.regions),
  ...serviceApi(logics.services),
  ...endpointApi(logics.endpoints),
  ...endpointGroupApi(logics.endpointGroups, { endpoint: endpointView, project: projectView }),
  ...endpointPolicyApi(logics.endpointPolicies, { endpoint: endpointView }),
  ...policyDocumentApi(logics.policyDocuments),
  ...domainApi(logics.domains, logics.assignments),
  ...domainConfigApi(logics.domainConfigs),
  ...registeredLimitApi(logics.registeredLimits),
  ...limitApi(logics.limits),
  ...projectApi(logics.projects, logics.users, { logic: logics.limits, view: limitView }),
  ...userApi(logics.users, logics.groups),
  ...groupApi(logics.groups, logics.users),
  ...roleApi(logics.roles),
  ...impliedRoleApi(logics.implied),
  ...assignmentApi(logics.assignments),
  ...accessRuleApi(logics.accessRules, logics.delegation),
  ...accessTokenApi(logics.accessTokens, logics.delegation),
  ...applicationCredentialApi(logics.applicationCredentials, logics.delegation),
  ...consumerApi(logics.consumers),
  ...credentialApi(logics.credentials, logics.delegation),
  ...ec2CredentialApi(logics.ec2, logics.delegation),
  ...requestTokenApi(logics.requestTokens, logics.delegation),
  ...trustApi(logics.trusts, logics.delegation),
  ...revocationApi(logics.revocations),
  ...simpleCertApi(),
  changeEndpoint(changesPath, { endpoint, query }, logics.changes, changeRules),
]
