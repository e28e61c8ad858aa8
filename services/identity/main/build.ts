import type { Clock } from '@kilonova/platform/clock.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import type { identityOptions } from '../options.ts'
import { freshness } from '@kilonova/platform/changes/freshness.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { accessRuleLogic } from '../access-rules/logic.ts'
import { accessRuleStore } from '../access-rules/store.ts'
import { accessTokenLogic } from '../access-tokens/logic.ts'
import { accessTokenStore } from '../access-tokens/store.ts'
import { applicationCredentialLogic } from '../application-credentials/logic.ts'
import { applicationCredentialStore } from '../application-credentials/store.ts'
import { consumerLogic } from '../consumers/logic.ts'
import { consumerStore } from '../consumers/store.ts'
import { credentialLogic } from '../credentials/logic.ts'
import { credentialStore } from '../credentials/store.ts'
import { delegationLogic } from '../delegation/logic.ts'
import { digests } from '../drivers/digests.ts'
import { credentialCipher, credentialKeys, sealedTexts } from '../drivers/fernet/credential-cipher.ts'
import { oauth1Signatures } from '../drivers/oauth1-signature.ts'
import { isTotp } from '../drivers/totp.ts'
import { ec2CredentialLogic } from '../ec2-credentials/logic/ec2-credentials.ts'
import { ec2CredentialStore } from '../ec2-credentials/store.ts'
import { requestTokenLogic } from '../request-tokens/logic.ts'
import { requestTokenStore } from '../request-tokens/store.ts'
import { trustLogic } from '../trusts/logic/trusts.ts'
import { trustStore } from '../trusts/store.ts'
import { assignmentLogic } from '../assignments/logic/assignments.ts'
import { assignmentStore } from '../assignments/store.ts'
import { authLogic } from '../auth/logic/auth.ts'
import { bootstrapLogic } from '../bootstrap/logic.ts'
import { catalogLogic } from '../catalog/logic.ts'
import { catalogStore } from '../catalog/store.ts'
import { domainConfigLogic } from '../domain-configs/logic.ts'
import { domainConfigStore } from '../domain-configs/store.ts'
import { domainLogic } from '../domains/logic.ts'
import { fernetTokens } from '../drivers/fernet/token-format.ts'
import { keyRing, setUpKeys } from '../drivers/fernet/key-repository.ts'
import { receiptFormat } from '../drivers/fernet/receipts.ts'
import { jwsTokens, setUpJwsKeys } from '../drivers/jws-tokens.ts'
import { passwords as passwordHashes } from '../drivers/passwords/passwords.ts'
import { tokenCache } from '../drivers/token-cache.ts'
import { verifiedPasswords } from '../drivers/verified-passwords.ts'
import { endpointGroupLogic } from '../endpoint-groups/logic.ts'
import { endpointGroupStore } from '../endpoint-groups/store.ts'
import { endpointPolicyLogic } from '../endpoint-policies/logic.ts'
import { endpointPolicyStore } from '../endpoint-policies/store.ts'
import { endpointLogic } from '../endpoints/logic.ts'
import { endpointStore } from '../endpoints/store.ts'
import type { Forgetful } from '../forgetting/forgetting.ts'
import { groupLogic } from '../groups/logic.ts'
import { groupStore } from '../groups/store.ts'
import { impliedRoleLogic } from '../implied-roles/logic.ts'
import { impliedRoleStore } from '../implied-roles/store.ts'
import { limitLogic } from '../limits/logic.ts'
import { limitStore } from '../limits/store.ts'
import { policyDocumentLogic } from '../policy-documents/logic.ts'
import { policyDocumentStore } from '../policy-documents/store.ts'
import { projectLogic } from '../projects/logic.ts'
import { projectStore } from '../projects/store.ts'
import { regionLogic } from '../regions/logic.ts'
import { regionStore } from '../regions/store.ts'
import { registeredLimitLogic } from '../registered-limits/logic.ts'
import { registeredLimitStore } from '../registered-limits/store.ts'
import { revocationLogic } from '../revocations/logic.ts'
import { revocationStore } from '../revocations/store.ts'
import { roleLogic } from '../roles/logic.ts'
import { roleStore } from '../roles/store.ts'
import type { Logics } from '../routes.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import type { Tables, Transaction } from '../tables.ts'
import { tokenLogic } from '../tokens/logic.ts'
import { tokenStore } from '../tokens/store.ts'
import { v2AccessLogic } from '../v2-accesses/logic.ts'
import { userLogic } from '../users/logic.ts'
import { userStore } from '../users/store.ts'

export interface BuildWish {
  readonly settings: Values<typeof identityOptions>
  /** Where keys lie whose place the settings do not say. */
  readonly keyDir: string
  readonly clock: Clock
  readonly chance: Chance
}

/** Stores, drivers and logics, put together: the one page that says who is handed what. */
export function build(wish: BuildWish, db: Database<Tables>) {
  const { clock, chance, settings } = wish
  const write = db.transaction
  const defaultDomainId = settings.identity.default_domain_id
  const { format, receipts, passwords, cipher, secrets } = openDrivers(wish)
  const fresh = freshness(db.changes)
  const revocations = revocationLogic({
    store: revocationStore(db),
    clock,
    chance,
    tokenLifeMs: settings.token.expiration + settings.token.allow_expired_window,
  })
  const others: Forgetful[] = []
  const made = { write, chance }

  const endpoints_ = endpointStore(db)
  const documents = policyDocumentStore(db)
  const regions = regionLogic({ store: regionStore(db), ...made, others })
  const services = serviceLogic({ store: serviceStore(db), ...made, others })
  const endpoints = endpointLogic({ store: endpoints_, ...made, regions, others })
  const endpointGroups = endpointGroupLogic({ store: endpointGroupStore(db), ...made, endpoints: endpoints_ })
  const endpointPolicies = endpointPolicyLogic({ store: endpointPolicyStore(db), ...made, endpoints: endpoints_, policies: documents })
  const policyDocuments = policyDocumentLogic({ store: documents, ...made, associations: endpointPolicies })
  const catalog = catalogLogic({
    store: catalogStore(db),
    fresh,
    allWithoutFilter: settings.endpoint_filter.return_all_endpoints_if_no_filter,
  })

  const limits = limitLogic({ store: limitStore(db), ...made, model: settings.unified_limit.enforcement_model })
  const registeredLimits = registeredLimitLogic({ store: registeredLimitStore(db), ...made, limits })
  const domainConfigs = domainConfigLogic({
    store: domainConfigStore(db, secrets),
    write,
    defaultDomainId,
    securityCompliance: {
      password_regex: settings.security_compliance.password_regex ?? null,
      password_regex_description: settings.security_compliance.password_regex_description ?? null,
    },
  })

  const projects = projectLogic({
    store: projectStore(db),
    ...made,
    others,
    defaultDomainId,
    maxTreeDepth: settings.DEFAULT.max_project_tree_depth,
    urlSafeNames: {
      projects: settings.resource.project_name_url_safe !== 'off',
      domains: settings.resource.domain_name_url_safe !== 'off',
    },
  })
  const domains = domainLogic({ projects })
  const users = userLogic({
    store: userStore(db),
    ...made,
    clock,
    passwords,
    security: securityOf(settings),
    revocations,
    others,
    defaultDomainId,
  })
  const groups = groupLogic({ store: groupStore(db), ...made, revocations, others, defaultDomainId })
  const roles = roleLogic({ store: roleStore(db), ...made, others })
  const implied = impliedRoleLogic({ store: impliedRoleStore(db), write, roles, prohibited: ['admin'] })
  const assignments = assignmentLogic({ store: assignmentStore(db), write, roles })

  const tokens = tokenLogic({
    store: tokenStore(db),
    format,
    cache: tokenCache(fresh, revocations),
    revocations,
    clock,
    chance,
    lifeMs: settings.token.expiration,
    allowExpiredMs: settings.token.allow_expired_window,
  })
  const delegation = delegationLogic({ tokens })
  const credentials = credentialLogic({
    store: credentialStore(db, cipher),
    ...made,
    sha256: digests.sha256,
    userLimit: settings.credential.user_limit,
  })
  const ec2 = ec2CredentialLogic({
    store: ec2CredentialStore(db),
    credentials,
    chance,
    clock,
    digests,
    signatureLifeMs: settings.credential.auth_ttl * 60_000,
  })
  const accessRules = accessRuleLogic({ store: accessRuleStore(db), ...made })
  const applicationCredentials = applicationCredentialLogic({
    store: applicationCredentialStore(db),
    ...made,
    clock,
    passwords,
    roles,
    accessRules,
    assignments,
    userLimit: settings.application_credential.user_limit,
  })
  const trusts = trustLogic({
    store: trustStore(db),
    ...made,
    clock,
    roles,
    assignments,
    revocations,
    maxRedelegations: settings.trust.max_redelegation_count,
  })
  const handedOut: { forgetConsumer(tx: Transaction, id: string): Promise<void> }[] = []
  const consumers = consumerLogic({ store: consumerStore(db, secrets), ...made, others: handedOut })
  const signing = { ...made, clock, signatures: oauth1Signatures, consumers, roles }
  const requestTokens = requestTokenLogic({
    store: requestTokenStore(db, secrets),
    ...signing,
    assignments,
    lifeMs: settings.oauth1.request_token_duration,
  })
  const accessTokens = accessTokenLogic({
    store: accessTokenStore(db, secrets),
    ...signing,
    requestTokens,
    revocations,
    lifeMs: settings.oauth1.access_token_duration,
  })
  handedOut.push(requestTokens, accessTokens)
  const auth = authLogic({
    users,
    tokens,
    passwords,
    verified: verifiedPasswords(chance),
    clock,
    receipts,
    receiptLifeMs: settings.receipt.expiration,
    allowed: settings.auth.methods,
    strictNames: {
      projects: settings.resource.project_name_url_safe === 'strict',
      domains: settings.resource.domain_name_url_safe === 'strict',
    },
    trustedUserHeader: settings.auth.trusted_user_header,
    totp: {
      verify: async (userId, passcode) =>
        (await credentials.list({ userId, type: 'totp' })).some(({ blob }) =>
          isTotp(passcode, blob, clock.now(), settings.totp.included_previous_windows),
        ),
    },
    oauth1: accessTokens,
    trusts,
    keys: ec2,
    revocations,
    write,
    catalog,
  })
  others.push(
    credentials,
    applicationCredentials,
    accessRules,
    trusts,
    requestTokens,
    accessTokens,
    limits,
    registeredLimits,
    domainConfigs,
    endpoints,
    endpointGroups,
    endpointPolicies,
    users,
    groups,
    roles,
    implied,
    assignments,
  )

  const logics: Logics = {
    accessRules,
    accessTokens,
    applicationCredentials,
    consumers,
    credentials,
    delegation,
    ec2,
    requestTokens,
    trusts,
    assignments,
    auth,
    changes: db.changes,
    domainConfigs,
    domains,
    endpoints,
    endpointGroups,
    endpointPolicies,
    groups,
    implied,
    limits,
    policyDocuments,
    projects,
    regions,
    registeredLimits,
    revocations,
    roles,
    services,
    users,
    v2: settings.DEFAULT.enable_v2 ? v2AccessLogic({ auth, projects, defaultDomainId }) : undefined,
  }
  return {
    logics,
    validator: {
      validate: async (text: string, _: string, options?: { readonly allowExpired?: boolean }) =>
        (await tokens.validate(text, options)).token,
    },
    bootstrap: bootstrapLogic({
      regions,
      services,
      endpoints,
      domains,
      projects,
      users,
      roles,
      implied,
      assignments,
      passwords,
      chance,
      defaultDomainId,
    }),
  }
}

/** Where keys lie, and how many a rotation keeps. */
export const keyRepositories = ({ settings, keyDir }: Pick<BuildWish, 'settings' | 'keyDir'>) => ({
  ofTokens: {
    folder: settings.fernet_tokens.key_repository ?? `${keyDir}/fernet-keys`,
    maxActiveKeys: settings.fernet_tokens.max_active_keys,
  },
  ofCredentials: { folder: settings.credential.key_repository ?? `${keyDir}/credential-keys`, maxActiveKeys: credentialKeys },
})

/** What seals stored secrets: credentials as Keystone does, everything else likewise. */
export function openCipher({ clock, chance, ...where }: Pick<BuildWish, 'settings' | 'keyDir' | 'clock' | 'chance'>) {
  const cipher = credentialCipher({ folder: keyRepositories(where).ofCredentials.folder, clock, chance })
  return { cipher, secrets: sealedTexts(cipher) }
}

/** Files, keys and hashes. */
function openDrivers({ settings, keyDir, clock, chance }: BuildWish) {
  const { ofTokens, ofCredentials } = keyRepositories({ settings, keyDir })
  setUpKeys(ofTokens, chance)
  setUpKeys(ofCredentials, chance)
  const keys = keyRing(ofTokens.folder, clock)
  const jws = {
    privateKeys: settings.jwt_tokens.jws_private_key_repository ?? `${keyDir}/jws-keys/private`,
    publicKeys: settings.jwt_tokens.jws_public_key_repository ?? `${keyDir}/jws-keys/public`,
  }
  if (settings.token.provider === 'jws') setUpJwsKeys(jws)
  const { password_hash_algorithm: algorithm, password_hash_rounds: rounds, max_password_length: maxLength } = settings.identity
  return {
    format: settings.token.provider === 'jws' ? jwsTokens(jws) : fernetTokens({ keys, chance, methods: settings.auth.methods }),
    receipts: receiptFormat({ keys, chance }),
    ...openCipher({ settings, keyDir, clock, chance }),
    passwords: passwordHashes({ algorithm, rounds, maxLength, strict: false, chance }),
  }
}

const securityOf = ({ security_compliance: said }: BuildWish['settings']) => ({
  lockoutFailureAttempts: said.lockout_failure_attempts,
  lockoutDuration: said.lockout_duration / 1000,
  passwordExpiresDays: said.password_expires_days,
  uniqueLastPasswordCount: said.unique_last_password_count,
  minimumPasswordAge: said.minimum_password_age,
  passwordRegex: said.password_regex,
  passwordRegexDescription: said.password_regex_description,
  changePasswordUponFirstUse: said.change_password_upon_first_use,
  disableUserAccountDaysInactive: said.disable_user_account_days_inactive,
})
