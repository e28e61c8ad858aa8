import type { Operation } from './shot.ts'
import type { Schema } from './sensible-values.ts'

/** As much of a served OpenAPI document as the fuzzer reads. */
export interface Document {
  readonly info: { readonly 'x-service'?: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>
}

interface DocumentOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>

const json = 'application/json'

export const operationsOf = ({ paths }: Document): readonly Operation[] =>
  Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => {
      const body = operation.requestBody?.content[json]?.schema
      const answers = Object.entries(operation.responses).flatMap(([status, { content }]) => {
        const schema = content?.[json]?.schema
        return schema === undefined ? [] : [[status, schema] as const]
      })
      return {
        method: verb === 'x-copy' ? 'COPY' : verb.toUpperCase(),
        path,
        query: (operation.parameters ?? []).filter(one => one.in === 'query'),
        bodies: body === undefined ? [] : ((body['oneOf'] as readonly Schema[] | undefined) ?? [body]),
        answers: Object.fromEntries(answers),
      }
    }),
  )

/** The word before the number in `OpenStack-API-Version`, where operations take the header. */
export function microversionOf({ paths }: Document): string | undefined {
  for (const verbs of Object.values(paths))
    for (const { parameters } of Object.values(verbs)) {
      const header = parameters?.find(one => one.name === 'OpenStack-API-Version') as { description?: string } | undefined
      if (header) return /`(\S+)`/.exec(header.description ?? '')?.[1]
    }
  return undefined
}
