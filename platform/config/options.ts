import type { Option } from './kinds.ts'

/** Options by section and key. */
export type Declaration = Readonly<Record<string, Readonly<Record<string, Option<unknown>>>>>

/** What a declaration holds when it has been read. */
export type Values<D> = {
  readonly [S in keyof D]: { readonly [K in keyof D[S]]: D[S][K] extends Option<infer T> ? T : never }
}

/**
 * Declares options:
 *
 *     const computeOptions = options({
 *       DEFAULT: { my_ip: ip({ default: '127.0.0.1', about: 'the address of this host that others reach' }) },
 *       vnc:     { server_listen: ip({ default: '127.0.0.1', formerly: ['vncserver_listen'], about: 'where QEMU listens' }) },
 *     })
 *
 * The names are OpenStack's own wherever OpenStack has such an option.
 */
export const options = <const D extends Declaration>(declaration: D): D => declaration

/** All options of several declarations. Two of one name must be the same option. */
export function combine(...declarations: readonly Declaration[]): Declaration {
  const all: Record<string, Record<string, Option<unknown>>> = {}
  for (const declaration of declarations) {
    for (const [section, keys] of Object.entries(declaration)) {
      const place = all[section] ?? {}
      all[section] = place
      for (const [key, option] of Object.entries(keys)) place[key] ??= option
    }
  }
  return all
}

/** `section.key`; a bare key is in DEFAULT. Sections may have dots (`cors.subdomain`), keys have none. */
export function splitName(name: string): { section: string; key: string } {
  const at = name.lastIndexOf('.')
  return at < 0 ? { section: 'DEFAULT', key: name } : { section: name.slice(0, at), key: name.slice(at + 1) }
}
