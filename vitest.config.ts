import { defineConfig } from 'vitest/config'

/**
 * Two projects. `unit`: pure rules, SQLite, the door in process; no processes of others, threads without isolation.
 * `world`: what needs other people's programs (databases, brokers, libvirt, the openstack client); one at a time, in forks.
 */
export default defineConfig({
  test: {
    reporters: ['default', './tools/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{platform,services,agents,stories,launcher,tools}/**/*.test.ts'],
          exclude: ['**/*.world.test.ts', '**/node_modules/**'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'world',
          include: ['{platform,services,agents,stories,launcher,tools,conformance}/**/*.world.test.ts'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
