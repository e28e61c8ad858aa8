import type { Clock } from '../../clock.ts'
import { connect } from './connection.ts'
import { readTransportUrl } from './url.ts'

/** Signs in to the broker and leaves again; throws one line naming the option to correct. */
export async function probeBroker(url: string, clock: Clock): Promise<void> {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const connection = await connect(readTransportUrl(url), { clock, log, patienceMs: 5_000 })
  await connection.close()
}
