import type { Extension, KeptRecord, Words } from '@kilonova/platform/plugins/extension.ts'

/** Widgets: every project has its own, and whoever may read the project may see them. */
export function extension(words: Words): Extension {
  const { endpoint, body, view, listView, required, optional, shows, shapes, Refusal, records, chance } = words
  const { text, integer, id } = shapes

  const shown = shows<KeptRecord>()
  const widgetView = view('widget', {
    id: shown(text(), widget => widget.id),
    name: shown(text(), widget => String(widget.value['name'])),
    size: shown(integer(), widget => Number(widget.value['size'])),
    project_id: shown(id, widget => widget.projectId ?? ''),
  })
  const widgetBody = body('widget', {
    name: required(text({ min: 1, max: 255 })),
    size: optional(integer({ min: 1, max: 100 })),
  })
  const projectOf = (caller: { readonly projectId?: string | undefined }) => caller.projectId ?? ''

  return {
    alias: 'os-widgets',
    name: 'Widgets',
    description: 'Widgets that belong to a project.',
    updated: '2026-01-31T00:00:00Z',
    policies: {
      'os_compute_api:os-widgets:index': { rule: 'rule:project_reader_or_admin', scopes: ['project'], about: 'GET /os-widgets' },
      'os_compute_api:os-widgets:create': { rule: 'rule:project_member_or_admin', scopes: ['project'], about: 'POST /os-widgets' },
    },
    endpoints: [
      endpoint('GET /v2.1/os-widgets', {
        summary: 'List the widgets of the project',
        policy: 'os_compute_api:os-widgets:index',
        target: ({ caller }) => ({ project_id: caller.projectId }),
        status: 200,
        view: listView('widgets', widgetView),
        run: async ({ caller }) => ({ items: await records.list({ projectId: projectOf(caller) }) }),
      }),

      endpoint('POST /v2.1/os-widgets', {
        summary: 'Make a widget',
        policy: 'os_compute_api:os-widgets:create',
        target: ({ caller }) => ({ project_id: caller.projectId }),
        body: widgetBody,
        status: 201,
        view: widgetView,
        run: async ({ caller, body: wish, cause }) => {
          const projectId = projectOf(caller)
          const namesake = (await records.list({ projectId })).some(({ value }) => value['name'] === wish.name)
          if (namesake) throw new Refusal('conflict', `Widget ${wish.name} already exists.`)
          return records.insert({ id: chance.uuid(), projectId, value: { name: wish.name, size: wish.size ?? 1 } }, cause)
        },
      }),
    ],
  }
}
