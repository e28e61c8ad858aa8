import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { rightsOf } from './globals.ts'
import { sync } from './verbs/database.ts'
import { listTasks, retryTask } from './verbs/tasks.ts'
import { runVerify } from './verbs/verify.ts'

const homes: string[] = []
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true })
})

const taskId = 'c0ffee00-0000-4000-8000-000000000001'
const serverId = 'da0e8cfc-46f9-416d-a828-000000000001'

/** A home with tables, of a cloud whose hosts are pretended. */
async function newHome({ hasTables = true } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-verify-'))
  homes.push(home)
  const said: string[] = []
  const speak = (line: string) => void said.push(line)
  const globals = { ...rightsOf({ home, set: ['compute_driver=fake.FakeDriver'] }), environment: {}, print: speak, say: speak }
  if (hasTables) for (const service of ['placement', 'glance', 'nova']) await sync(globals, service)
  const run = async (verb: () => Promise<number>) => {
    said.splice(0)
    return { code: await verb(), said: [...said] }
  }
  return {
    parkATask: () => parkIn(join(home, 'nova.db')),
    verify: () => run(() => runVerify(globals, {})),
    tasks: () => run(() => listTasks(globals)),
    retry: (id: string) => run(() => retryTask(globals, id)),
  }
}

function parkIn(path: string): void {
  const database = new DatabaseSync(path)
  const fault = { step: 'undo: start the guest', host: 'host1', message: 'Nobody answers.' }
  const row = {
    ...{ id: taskId, name: 'server.boot', subject: serverId, state: 'parked', turned: 1, attempts: 3, fault_json: JSON.stringify(fault) },
    ...{
      input_json: '{}',
      saved_json: '{}',
      finished_json: '["choose a host"]',
      undone_json: '[]',
      cause_json: '{"requestId":"req-1","why":"x"}',
    },
    ...{ created_at: '2026-01-01', created_ms: 0, updated_at: '2026-01-01', deadline_ms: 0, owner: null, lease_until_ms: 0 },
  }
  const names = Object.keys(row)
  database.prepare(`insert into task (${names.join()}) values (${names.map(() => '?').join()})`).run(...Object.values(row))
  database.close()
}

test('where no cloud ever was there is nothing to verify', async () => {
  const { verify, tasks } = await newHome({ hasTables: false })
  expect((await verify()).code).toBe(1)
  expect(await tasks()).toEqual({ code: 0, said: ['No work is under way.'] })
})

test('parked work is listed with its reason, fails the verification, and goes on when it is told to', async () => {
  const { parkATask, verify, tasks, retry } = await newHome()
  expect((await verify()).said).toContain('holds  all work ends in time')
  parkATask()
  const parked = await verify()
  expect(parked.code).toBe(1)
  expect(parked.said.join('\n')).toContain(`kilonova tasks retry ${taskId} tries again`)
  expect(await tasks()).toEqual({
    code: 1,
    said: [
      `parked   ${taskId}  nova server.boot of ${serverId}, since 2026-01-01; done: choose a host`,
      '         “undo: start the guest” on host1: Nobody answers.',
      '1 tasks, 1 of them parked.',
    ],
  })
  expect((await retry(taskId)).code).toBe(0)
  expect((await tasks()).said.at(-1)).toBe('1 tasks, 0 of them parked.')
  await expect(retry(taskId)).rejects.toMatchObject({ kind: 'conflict' })
  await expect(retry(serverId)).rejects.toMatchObject({ kind: 'not-found' })
})
