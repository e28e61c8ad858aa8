import { collectHops, traceTable } from '@kilonova/platform/log/trace.ts'
import type { Globals } from '../globals.ts'

export async function trace({ host, places, print, say }: Globals, requestId: string): Promise<number> {
  const hops = host.exists(places.logs) ? await collectHops(places.logs, requestId) : []
  if (hops.length === 0) {
    say(`No line in ${places.logs} belongs to ${requestId}.`)
    return 1
  }
  print(traceTable(hops))
  return 0
}
