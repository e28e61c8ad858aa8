/** What a server is, and what is being done to it. */
export type VmState = 'building' | 'active' | 'stopped' | 'error' | 'deleted'
export type TaskState = 'scheduling' | 'spawning' | 'deleting'

/** The one word clients wait for. */
export const statusOf = (vmState: VmState): string =>
  ({ building: 'BUILD', active: 'ACTIVE', stopped: 'SHUTOFF', error: 'ERROR', deleted: 'DELETED' })[vmState]

/** Nova's numbers for what the hypervisor sees. */
export const powerNumber = (power: string): number => ({ running: 1, paused: 3, shutdown: 4, crashed: 6, suspended: 7 })[power] ?? 0

export const progressOf = (vmState: VmState): number => (vmState === 'active' ? 100 : 0)
