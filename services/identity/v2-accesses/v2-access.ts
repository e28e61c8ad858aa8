import type { CatalogService } from '../catalog/catalog.ts'
import type { Token } from '../contract/token.ts'

/** What version 2.0 of the API, which knows no domains, says of a token. */
export interface V2Access {
  readonly text: string
  readonly token: Token
  readonly catalog: readonly CatalogService[] | undefined
}

const faces = [
  ['public', 'publicURL'],
  ['internal', 'internalURL'],
  ['admin', 'adminURL'],
] as const

/** Services with one entry per region, where version 3 has one per face. */
export const serviceCatalog = (catalog: readonly CatalogService[]) =>
  catalog.map(({ type, name, endpoints }) => ({
    type,
    name,
    endpoints_links: [],
    endpoints: [...Map.groupBy(endpoints, one => one.region)].map(([region, here]) => ({
      region,
      id: here[0]?.id,
      ...Object.fromEntries(
        faces.flatMap(([face, word]) => here.filter(one => one.interface === face).map(({ url }) => [word, url] as const)),
      ),
    })),
  }))
