import type { SchedulerExtension, SchedulerWords } from '@kilonova/compute/main.ts'

/** Racks: aggregates say which rack their hosts stand in, and a hint asks for one. Hosts with few servers come first. */
export function extension({ metadataOf }: SchedulerWords): SchedulerExtension {
  return {
    filters: [
      {
        name: 'RackFilter',
        objection(host, { hints }) {
          const wanted = hints?.['rack']
          if (wanted === undefined) return undefined
          const racks = metadataOf(host).get('rack') ?? new Set()
          return racks.has(String(wanted)) ? undefined : `it stands in ${[...racks].join(', ') || 'no rack'}; ${String(wanted)} wanted`
        },
      },
    ],
    weighers: [{ name: 'FewServersWeigher', multiplier: 2, weigh: ({ servers }) => -servers.size }],
  }
}
