import type { ComputeWords } from '@kilonova/compute/main.ts'
import type { Extension } from '@kilonova/platform/plugins/extension.ts'

/** Naps: a server is paused and remembers why, unless its metadata says that it never sleeps. */
export function extension({ serverAction, servers, askerOf, body, optional, shapes, records, Refusal }: ComputeWords): Extension {
  return {
    alias: 'os-naps',
    name: 'Naps',
    description: 'Servers that nap.',
    updated: '2026-01-31T00:00:00Z',
    policies: {
      'os_compute_api:os-naps:nap': {
        rule: 'rule:project_member_or_admin',
        scopes: ['project'],
        about: 'POST /servers/{server_id}/action (nap)',
      },
    },
    endpoints: [
      serverAction('nap', {
        summary: 'Let a server nap',
        policy: 'os_compute_api:os-naps:nap',
        body: body('nap', { because: optional(shapes.text({ max: 255 })) }),
        run: async ({ about: server, body: wish, cause, ...asked }) => {
          if (server.metadata['sleepless'] !== undefined) throw new Refusal('conflict', `Server ${server.id} never sleeps.`)
          await servers.pause(server.id, askerOf(asked), cause)
          const value = { because: wish.because ?? 'it was tired' }
          if (await records.find(server.id)) await records.update(server.id, value, cause)
          else await records.insert({ id: server.id, projectId: server.projectId, value }, cause)
        },
      }),
    ],
  }
}
