import type { Clock } from '@kilonova/platform/clock.ts'
import { integer, list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServiceLogic } from '../services/logic.ts'
import { endpoint, view } from '../versions.ts'
import { type AuditPeriod, momentOf, periodBefore } from './usage-audit.ts'

interface Audit extends AuditPeriod {
  readonly hosts: readonly string[]
}
/** Usage is told by the change log as it happens, so no host ever runs the audit this speaks of. */
const cells = {
  period_beginning: shows<Audit>()(text(), one => one.begins),
  period_ending: shows<Audit>()(text(), one => one.ends),
  num_hosts: shows<Audit>()(integer(), one => one.hosts.length),
  num_hosts_done: shows<Audit>()(integer(), () => 0),
  num_hosts_running: shows<Audit>()(integer(), () => 0),
  num_hosts_not_run: shows<Audit>()(integer(), one => one.hosts.length),
  hosts_not_run: shows<Audit>()(list(text()), one => one.hosts),
  total_instances: shows<Audit>()(integer(), () => 0),
  total_errors: shows<Audit>()(integer(), () => 0),
  overall_status: shows<Audit>()(text(), one => `${one.hosts.length === 0 ? 'ALL' : `0 of ${one.hosts.length}`} hosts done. 0 errors.`),
  log: shows<Audit>()(object({}), () => ({})),
}

export interface AuditRooms {
  readonly services: Pick<ServiceLogic, 'list'>
  readonly clock: Pick<Clock, 'now'>
}

// biome-ignore format: a table per route
export const usageAuditApi = ({ services, clock }: AuditRooms) => {
  const before = async (moment: number) => {
    const hosts = (await services.list()).filter(({ binary }) => binary === 'nova-compute').map(({ host }) => host)
    return { ...periodBefore(moment), hosts }
  }
  return [
    endpoint('GET /v2.1/os-instance_usage_audit_log', {
      summary: 'How the audit of the last month went',
      policy:  'os_compute_api:os-instance-usage-audit-log:list',
      status:  200,
      view:    view('instance_usage_audit_logs', cells),
      run:     () => before(clock.now()),
    }),

    endpoint('GET /v2.1/os-instance_usage_audit_log/{before_timestamp}', {
      summary: 'How the audit of the month before a moment went',
      policy:  'os_compute_api:os-instance-usage-audit-log:show',
      status:  200,
      view:    view('instance_usage_audit_log', cells),
      run({ params }) {
        const moment = momentOf(params.before_timestamp)
        if (moment === undefined) throw new Refusal('invalid', `Invalid timestamp for date ${params.before_timestamp}`)
        return before(moment)
      },
    }),
  ]
}
