import type { Token } from './token.ts'

/**
 * Whether the access rules of the application credential behind a token (if it has any) let this request through. In a rule's path `*`
 * and `{name}` stand for one segment, `**` for any number.
 */
export function isAllowedByRules(
  token: Token,
  request: { readonly serviceType: string; readonly method: string; readonly path: string },
): boolean {
  const rules = token.applicationCredential?.accessRules
  if (!rules) return true
  return rules.some(
    ({ service, method, path }) =>
      service === request.serviceType && method.toUpperCase() === request.method.toUpperCase() && pattern(path).test(request.path),
  )
}

const pattern = (path: string) =>
  new RegExp(
    `^${path
      .split(/(\*\*|\*|\{[^}]*\})/)
      .map(part => (part === '**' ? '.*' : part === '*' || part.startsWith('{') ? '[^/]+' : part.replaceAll(/[.+?^$()|[\]\\]/g, '\\$&')))
      .join('')}/?$`,
  )
