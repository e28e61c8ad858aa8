import { defineConfig } from 'vitest/config'

/** What identity's tests say about SQLite in `unit`, said about the other databases, on one server a run. */
const identityOn = (engine: 'mariadb' | 'postgres') => ({
  test: {
    name: `identity-${engine}`,
    setupFiles: ['./tools/seeded-properties.ts'],
    include: ['services/identity/**/*.test.ts'],
    exclude: ['**/*.world.test.ts', '**/node_modules/**', 'services/identity/drivers/**'],
    globalSetup: ['services/identity/kit/server.ts'],
    pool: 'threads' as const,
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

/**
 * Four projects. `unit`: pure rules, SQLite, the door in process; no processes of others, threads without isolation.
 * `world`: what needs other people's programs (databases, brokers, libvirt, the openstack client); one at a time, in forks.
 * `identity-mariadb` and `identity-postgres`: a whole service on each database.
 */
export default defineConfig({
  test: {
    reporters: ['default', './tools/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['./tools/seeded-properties.ts'],
          include: ['{platform,services,agents,stories,launcher,tools,conformance}/**/*.test.ts'],
          exclude: ['**/*.world.test.ts', '**/node_modules/**'],
          pool: 'threads',
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'world',
          setupFiles: ['./tools/seeded-properties.ts'],
          include: ['{platform,services,agents,stories,launcher,tools,conformance}/**/*.world.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      identityOn('mariadb'),
      identityOn('postgres'),
    ],
  },
})
