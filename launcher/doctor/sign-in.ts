import type { Clock } from '@kilonova/platform/clock.ts'

/** Whether databases and brokers let us in, tried for real and without a trace. Handed in, so that a test can put its own in its place. */
export interface SignIn {
  /** False for a database that is not there yet; rejects with one line for the operator. */
  database(url: string, option: string): Promise<boolean>
  broker(url: string): Promise<void>
}

/** The clients are loaded when something is configured. */
export const signInFor = (clock: Clock): SignIn => ({
  database: async (url, option) => {
    const { probeDatabase } = await import('@kilonova/platform/sql/probe.ts')
    return (await probeDatabase(url, option, clock)) !== 'missing'
  },
  broker: async url => {
    const { probeBroker } = await import('@kilonova/platform/bus/rabbitmq/probe.ts')
    await probeBroker(url, clock)
  },
})
