import { boolean, duration, integer, list, oneOf, path, text } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

/** What an operator may say about identity; names and defaults are Keystone's. */
export const identityOptions = options({
  DEFAULT: {
    enable_v2: boolean({ default: false, about: 'let clients of version 2.0 of the API sign in' }),
    max_project_tree_depth: integer({ default: 5, min: 1, about: 'so many projects may stand one below the other' }),
    list_limit: integer({ min: 1, about: 'lists are cut after so many; whole unless told' }),
  },
  resource: {
    project_name_url_safe: oneOf(['off', 'new', 'strict'], {
      default: 'off',
      about: 'whether names of projects do without reserved characters',
    }),
    domain_name_url_safe: oneOf(['off', 'new', 'strict'], {
      default: 'off',
      about: 'whether names of domains do without reserved characters',
    }),
  },
  unified_limit: {
    enforcement_model: oneOf(['flat', 'strict_two_level'], {
      default: 'flat',
      about: 'how limits of a project and those below it go together',
    }),
  },
  endpoint_filter: {
    return_all_endpoints_if_no_filter: boolean({ default: true, about: 'a project without endpoints of its own sees all' }),
  },
  auth: {
    methods: list({
      default: ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential', 'totp'],
      about: 'how users may prove who they are; the order is written into tokens',
    }),
    trusted_user_header: text({
      about: 'the header in which a web server in front names whom it has proved; it must strip it from others',
    }),
  },
  token: {
    provider: oneOf(['fernet', 'jws'], { default: 'fernet', about: 'how tokens are written' }),
    expiration: duration({ default: 3_600_000, minMs: 1000, about: 'how long a token lives' }),
    allow_expired_window: duration({
      default: 172_800_000,
      about: 'how long after its end a token may be shown to services that ask for it',
    }),
  },
  fernet_tokens: {
    key_repository: path({ about: 'where the keys of tokens lie; below the home unless told' }),
    max_active_keys: integer({ default: 3, min: 1, about: 'how many keys a rotation keeps' }),
  },
  fernet_receipts: { key_repository: path({ about: 'where the keys of receipts lie; the tokens’ unless told' }) },
  receipt: { expiration: duration({ default: 300_000, minMs: 1000, about: 'how long a partial sign-in may be continued' }) },
  credential: {
    key_repository: path({ about: 'where the keys of stored credentials lie; below the home unless told' }),
    auth_ttl: integer({ default: 15, min: 1, about: 'how many minutes a signature by an EC2 key is good for' }),
    user_limit: integer({ default: -1, about: 'how many credentials a user may have; -1 for any number' }),
  },
  application_credential: {
    user_limit: integer({ default: -1, about: 'how many application credentials a user may have; -1 for any number' }),
  },
  trust: { max_redelegation_count: integer({ default: 3, min: 0, about: 'how often a trust may be handed on' }) },
  oauth1: {
    request_token_duration: duration({ default: 28_800_000, about: 'how long a consumer’s request waits for a user' }),
    access_token_duration: duration({ default: 86_400_000, about: 'how long an access token lives; 0 for ever' }),
  },
  totp: { included_previous_windows: integer({ default: 1, min: 0, max: 10, about: 'how many half-minutes late a passcode may come' }) },
  jwt_tokens: {
    jws_private_key_repository: path({ about: 'where the key that signs tokens lies' }),
    jws_public_key_repository: path({ about: 'where the keys that check tokens lie' }),
  },
  identity: {
    password_hash_algorithm: oneOf(['bcrypt', 'scrypt', 'pbkdf2_sha512'], { default: 'bcrypt', about: 'how passwords are hashed' }),
    password_hash_rounds: integer({ min: 4, about: 'the cost of a hash; the algorithm’s own unless told' }),
    max_password_length: integer({ default: 4096, min: 1, max: 4096, about: 'longer passwords are cut' }),
    default_domain_id: text({ default: 'default', about: 'the domain that v2.0 and short names mean' }),
  },
  security_compliance: {
    lockout_failure_attempts: integer({ min: 1, about: 'so many wrong passwords lock a user out' }),
    lockout_duration: duration({ default: 1_800_000, about: 'for so long' }),
    disable_user_account_days_inactive: integer({ min: 1, about: 'a user who does not sign in for so many days is disabled' }),
    password_expires_days: integer({ min: 1, about: 'a password lives so many days' }),
    unique_last_password_count: integer({ default: 0, min: 0, about: 'so many last passwords may not come again' }),
    minimum_password_age: integer({ default: 0, min: 0, about: 'a password may be changed by its user after so many days' }),
    password_regex: text({ about: 'what a password must look like' }),
    password_regex_description: text({ about: 'the same in words, for users' }),
    change_password_upon_first_use: boolean({ default: false, about: 'a password set by an administrator must be changed at once' }),
  },
  oslo_middleware: {
    enable_proxy_headers_parsing: boolean({ default: false, about: 'believe X-Forwarded-*: only behind a proxy that sets them' }),
  },
  oslo_policy: {
    enforce_scope: boolean({ default: false, about: 'refuse tokens of a scope that a rule does not list' }),
    enforce_new_defaults: boolean({ default: false, about: 'stop accepting what only older rules allow' }),
    policy_file: path({ about: 'rules that replace the defaults' }),
  },
})

/** How a service that runs in another process than identity asks it about tokens; names and defaults are keystonemiddleware's. */
export const authTokenOptions = options({
  keystone_authtoken: {
    www_authenticate_uri: text({ about: 'where clients that come without a token are sent' }),
    auth_url: text({ about: 'where identity is asked: http://controller:5000' }),
    auth_type: oneOf(['password', 'v3password'], { default: 'password', about: 'how the service proves who it is' }),
    username: text({ about: 'the user under whom the service asks' }),
    password: text({ secret: true, about: 'its password' }),
    user_domain_id: text({ about: 'the id of its domain' }),
    user_domain_name: text({ about: 'the name of its domain; Default unless told' }),
    project_name: text({ default: 'service', about: 'the project in which it has its roles' }),
    project_domain_id: text({ about: 'the id of the project’s domain' }),
    project_domain_name: text({ about: 'the name of the project’s domain; Default unless told' }),
    memcached_servers: list({ default: [], about: 'accepted and not needed: each process keeps what it knows, and follows the changes' }),
    token_cache_time: integer({ default: 300, min: -1, about: 'how many seconds an answer is kept; -1 for not at all' }),
    service_token_roles: list({ default: ['service'], about: 'roles of which a service token needs one' }),
    service_token_roles_required: boolean({ default: false, about: 'refuse service tokens without such a role' }),
  },
})
