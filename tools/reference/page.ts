import type { Declared } from '@kilonova/platform/http/declared.ts'
import { type Endpoint, isOpen } from '@kilonova/platform/http/endpoint.ts'
import { flat, tagOf } from '@kilonova/platform/http/openapi.ts'
import type { JsonSchema } from '@kilonova/platform/http/shape.ts'
import { columns, type Ladder } from '@kilonova/platform/ladder.ts'
import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'
import { type FieldLine, fieldLines } from './fields.ts'

/** One service's reference as Markdown: its versions, then every endpoint, grouped by what its path is about. */
export function referencePage(service: string, declared: Declared): string {
  const groups = Map.groupBy(flat(declared.endpoints), ({ path }) => tagOf(path))
  const tags = [...groups.keys()].sort()
  return `${[
    `# The ${service} API`,
    'Generated from the routes by `npm run docs`; a test fails when it is not up to date. Who may do what, by default: ' +
      `[${service}-policy.md](${service}-policy.md). The same as OpenAPI: \`GET /openapi.json\`.`,
    '## Versions',
    table(
      ['Version', 'What it brought'],
      Object.entries(declared.versions.steps).map(([version, reason]) => [version, String(reason)]),
    ),
    '## Contents',
    tags.map(tag => `- [${tag}](#${tag.toLowerCase().replaceAll(/[^\w-]+/g, '')}) (${groups.get(tag)?.length ?? 0})`).join('\n'),
    ...tags.flatMap(tag => [`## ${tag}`, ...(groups.get(tag) ?? []).map(endpoint => endpointText(endpoint, declared))]),
  ].join('\n\n')}\n`
}

function endpointText(endpoint: Endpoint, { versions, policies }: Declared): string {
  const { method, path, action, summary, since, until, body, query, view, streams } = endpoint
  const seen = versions.order.filter(version => versions.sees(version, { from: since, to: until, what: undefined }))
  const fields = (schemaAt: (version: string) => JsonSchema) => fieldLines(versions, seen, schemaAt)
  const root = body?.root ?? null
  return [
    `### ${method} ${path}${action === undefined ? '' : ` — ${action}`}`,
    `${summary}.`,
    [
      isOpen(endpoint.policy) ? `- Open: ${endpoint.policy.open}` : policyLine(endpoint.policy, policies[endpoint.policy]),
      ...(since || until ? [`- Versions: ${windowText(since, until)}`] : []),
      `- Answers ${statusText(endpoint)}`,
      ...(streams ? ['- The body is taken as a stream of bytes'] : []),
    ].join('\n'),
    ...section(`Body${root === null ? '' : `, below \`${root}\``}`, body && fields(version => below(root, body.schema(version)))),
    ...section('Query', query && fields(version => query.schema(version))),
    ...answerSection(versions, seen, view),
  ].join('\n\n')
}

const policyLine = (name: string, entry: PolicyDefault | undefined) =>
  `- Rule \`${name}\`: ${entry === undefined || entry.rule === '' ? 'anybody with a token' : `\`${entry.rule}\``}`

const statusText = ({ status }: Endpoint) =>
  columns(status)
    .map(({ from, to, what }) => `${what}${from || to ? ` (${windowText(from, to)})` : ''}`)
    .join(', ')

const windowText = (since: string | undefined, until: string | undefined) =>
  [...(since ? [`since ${since}`] : []), ...(until ? [`until ${until}`] : [])].join(', ')

const below = (root: string | null, schema: JsonSchema): JsonSchema =>
  root === null ? schema : ((schema['properties'] as Record<string, JsonSchema>)[root] ?? {})

/** What an answer holds: the fields of its one root, or of each thing in the list that is its root. */
function answerSection(versions: Ladder, seen: readonly string[], view: Endpoint['view']): readonly string[] {
  const latest = seen.at(-1)
  if (!view || latest === undefined) return []
  const names = Object.keys((view.schema(latest)['properties'] as object | undefined) ?? {})
  const [root] = names
  const only = names.length === 1 && root !== undefined ? below(root, view.schema(latest)) : undefined
  const inList = only?.['type'] === 'array'
  if (root === undefined || !only || (!inList && only['type'] !== 'object'))
    return section(
      'Answer',
      fieldLines(versions, seen, version => view.schema(version)),
    )
  const schemaAt = (version: string) =>
    inList ? ((below(root, view.schema(version))['items'] as JsonSchema | undefined) ?? {}) : below(root, view.schema(version))
  return section(`Answer, ${inList ? 'each of' : 'below'} \`${root}\``, fieldLines(versions, seen, schemaAt))
}

function section(title: string, lines: readonly FieldLine[] | undefined): readonly string[] {
  if (!lines || lines.length === 0) return []
  const [hasWindow, isBody] = [lines.some(({ since, until }) => since || until), !title.startsWith('Answer')]
  const head = [title, 'Type', ...(isBody ? ['Needed'] : []), ...(hasWindow ? ['Versions'] : [])]
  const rows = lines.map(({ name, type, isNeeded, since, until, about }) => [
    `\`${name}\``,
    about === undefined ? type : `${type}: ${about}`,
    ...(isBody ? [isNeeded ? 'yes' : ''] : []),
    ...(hasWindow ? [windowText(since, until)] : []),
  ])
  return [table(head, rows)]
}

/** A Markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows]
    .map(row => `| ${row.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`)
    .join('\n')
