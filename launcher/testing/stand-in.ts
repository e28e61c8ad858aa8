import { runCloud } from '../run-cloud.ts'

/** A cloud of one tiny service, for tests of the launcher: it answers, is unwell or dies as its environment says. */
await runCloud(JSON.parse(process.argv[2] ?? '{}'), {
  keystone: async rooms => {
    if (process.env['STAND_IN'] === 'dies')
      throw new Error('[keystone_database] connection names the host "controler", which does not resolve')
    rooms.logOf('keystone').info('open')
    return {
      doors: { keystone: { answer: (_, response) => void response.end('here') } },
      health: async () => (process.env['STAND_IN'] === 'ill' ? ['the database does not answer'] : []),
      close: async () => {},
    }
  },
})
