import type { Standard } from '../../standards/standard/standard.ts'

/** Which traffic of a project's ports the hosts write down: what security groups let through, what they do not, or both. */
export interface TrafficLog extends Standard {
  readonly name: string
  readonly resourceType: 'security_group'
  /** One security group alone; all of the project's where there is none. */
  readonly resourceId: string | null
  readonly event: LogEvent
  /** One port alone; all of the project's where there is none. */
  readonly targetId: string | null
  readonly enabled: boolean
}

export type LogEvent = 'ACCEPT' | 'DROP' | 'ALL'
export const logEvents: readonly LogEvent[] = ['ACCEPT', 'DROP', 'ALL']

/** What hosts can write down the traffic of. */
export const loggable = ['security_group'] as const
