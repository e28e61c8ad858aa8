import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Token } from '@kilonova/identity/contract/token.ts'

/**
 * Tokens of a test's making, found by the names its callers knock with: for doors that look at the token behind a caller. What is left
 * out is that of a password token for the project `p-demo` without roles.
 */
export const fakeTokens = (tokens: Readonly<Record<string, Partial<Token> & { readonly userId: string }>>) => ({
  async validate(name: string): Promise<{ readonly token: Token }> {
    const found = tokens[name]
    if (!found) throw new Refusal('not-found', `the test has no token for ${name}`)
    const domain = { id: 'default', name: 'Default' }
    const { userId, ...rest } = found
    return {
      token: {
        methods: ['password'],
        user: { id: userId, name: userId, domain, passwordExpiresAt: null },
        scope: { kind: 'project', project: { id: 'p-demo', name: 'demo', domain, isDomain: false } },
        roles: [],
        trust: undefined,
        applicationCredential: undefined,
        oauth: undefined,
        issuedAt: '2026-01-01T00:00:00.000000Z',
        expiresAt: '2126-01-01T00:00:00.000000Z',
        auditIds: ['audit'],
        ...rest,
      },
    }
  },
})
