import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identityOptions, openIdentity } from '@kilonova/identity/main.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { doorMetrics } from '@kilonova/platform/http/metrics.ts'
import { openLog } from '@kilonova/platform/log/log.ts'
import { line, numberSaid, serveMeasured, startMeasured } from './measured.ts'

/**
 * What signing in and validating cost: identity as the launcher opens it (SQLite on disk, log file, metrics, a catalog of six services)
 * beside bare `node:http`, in one run; validation again when 100,000 tokens have been revoked.
 *
 *     node bench/sign-in.ts [--requests 10000] [--clients 16] [--revocations 100000]
 */
const types = ['identity', 'compute', 'image', 'network', 'volumev3', 'placement']

async function serveIdentity() {
  const dir = mkdtempSync(join(tmpdir(), 'sign-in-'))
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
  process.on('SIGTERM', () => process.exit(0))
  const identity = await openIdentity({
    databaseUrl: `sqlite:///${dir}/keystone.db`,
    settings: readConfig(identityOptions, readSources({})).values,
    keyDir: dir,
    clock: systemClock,
    chance: systemChance,
    log: openLog({ daemon: 'keystone', dir, terminal: 'none', clock: systemClock }),
    metrics: doorMetrics(),
    beginning: {
      region: 'RegionOne',
      adminPassword: 'admin',
      demoPassword: 'demo',
      serviceUsers: [],
      catalog: types.map(type => ({ name: type, type, description: type, url: `http://127.0.0.1/${type}` })),
    },
  })
  const revoke = async () => {
    const count = numberSaid('revocations', 100_000)
    const at = new Date().toISOString()
    const later = new Date(Date.now() + 3_600_000).toISOString()
    const none = { audit_chain_id: '', project_id: '', domain_id: '', role_id: '', trust_id: '', consumer_id: '', access_token_id: '' }
    for (let done = 0; done < count; done += 1000)
      await identity.database.transaction({ requestId: 'req-bench', why: 'bench' }, tx => {
        const rows = Array.from({ length: Math.min(1000, count - done) }, (_, n) => ({
          ...none,
          id: systemChance.hex(),
          audit_id: `audit-${done + n}`,
          user_id: `user-${(done + n) % 500}`,
          issued_before: at,
          revoked_at: at,
          expires_at: later,
        }))
        return tx.change(
          rows.map(row => ({
            kind: 'identity.revocation',
            id: row.id,
            act: 'created',
            userId: row.user_id,
            after: {
              id: row.id,
              auditId: row.audit_id,
              userId: row.user_id,
              issuedBefore: Date.now(),
              revokedAt: Date.now(),
              expiresAt: Date.now() + 3_600_000,
            },
          })),
          sql => sql.insertInto('revocation_event').values(rows).execute(),
        )
      })
  }
  serveMeasured(createServer(identity.answer), { revoke })
}

const bareServer = () =>
  createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"bare":true}')
  })

async function report() {
  const file = fileURLToPath(import.meta.url)
  const load = { count: numberSaid('requests', 10_000), clients: numberSaid('clients', 16) }
  const bareOne = await startMeasured(file, 'bare')
  const bare = await bareOne.cpuPerRequest({ path: '/', expect: 200 }, load)
  bareOne.stop()
  console.log(line('bare', bare, bare))

  const identity = await startMeasured(file, 'identity')
  const user = { name: 'admin', domain: { name: 'Default' }, password: 'admin' }
  const scope = { project: { name: 'admin', domain: { name: 'Default' } } }
  const body = JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } })
  const signIn = { method: 'POST', path: '/v3/auth/tokens', body, expect: 201 }
  const before = (await identity.tell('cpu')) as NodeJS.CpuUsage
  const token = String((await identity.ask(signIn))['x-subject-token'])
  const after = (await identity.tell('cpu')) as NodeJS.CpuUsage
  const first = after.user + after.system - before.user - before.system
  console.log(line('the first sign-in of a user (bcrypt, cost 12)', first, bare))
  const again = await identity.cpuPerRequest(signIn, load)
  console.log(line('the same sign-in again', again, bare))
  const validate = { path: '/v3/auth/tokens', headers: { 'x-auth-token': token, 'x-subject-token': token }, expect: 200 }
  console.log(line('validating a token', await identity.cpuPerRequest(validate, load), bare))
  await identity.tell('revoke')
  console.log(line('validating after 100,000 revocations', await identity.cpuPerRequest(validate, load), bare))
  identity.stop()
}

if (process.argv[2] !== '--serve') await report()
else if (process.argv[3] === 'bare') serveMeasured(bareServer())
else await serveIdentity()
