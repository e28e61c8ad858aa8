/**
 * The life of a server, as a table: which action, from which states, under which name meanwhile, and what it ends in. The API refuses
 * by it, the tasks write by it, and the dashboard greys its buttons by it. The names are Nova's.
 */
// biome-ignore format: words
export type VmState =
  | 'building' | 'active' | 'paused' | 'suspended' | 'stopped' | 'rescued' | 'resized' | 'soft-delete' | 'deleted'
  | 'shelved' | 'shelved_offloaded' | 'error'

// biome-ignore format: words
export type TaskState =
  | 'scheduling' | 'block_device_mapping' | 'networking' | 'spawning'
  | 'image_snapshot' | 'image_snapshot_pending' | 'image_pending_upload' | 'image_uploading' | 'image_backup'
  | 'updating_password'
  | 'resize_prep' | 'resize_migrating' | 'resize_migrated' | 'resize_finish' | 'resize_reverting' | 'resize_confirming'
  | 'rebooting' | 'reboot_pending' | 'reboot_started' | 'rebooting_hard' | 'reboot_pending_hard' | 'reboot_started_hard'
  | 'pausing' | 'unpausing' | 'suspending' | 'resuming' | 'powering-off' | 'powering-on' | 'rescuing' | 'unrescuing'
  | 'rebuilding' | 'rebuild_block_device_mapping' | 'rebuild_spawning' | 'migrating'
  | 'deleting' | 'soft-deleting' | 'restoring'
  | 'shelving' | 'shelving_image_pending_upload' | 'shelving_image_uploading' | 'shelving_offloading' | 'unshelving'

export type PowerState = 'nostate' | 'running' | 'paused' | 'shutdown' | 'crashed' | 'suspended'

export interface Row {
  /** Absent: from every state. */
  readonly from?: readonly VmState[]
  /** What may be under way already; nothing unless told. `any`: whatever it is. */
  readonly during?: readonly (TaskState | null)[] | 'any'
  readonly while?: TaskState
  readonly to?: VmState
  /** The word of the wire, which refusals repeat. */
  readonly word: string
  /** Also for a server that has never run. */
  readonly unlaunched?: true
}

const still = ['active', 'stopped', 'paused', 'suspended'] as const
const betweenReboots = [
  ...([null, 'rebooting', 'reboot_pending', 'reboot_started', 'resuming'] as const),
  ...(['rebooting_hard', 'unpausing', 'pausing', 'suspending'] as const),
]

// biome-ignore format: a table, one action a line
export const actions = {
  start:          { from: ['stopped'],                       while: 'powering-on',           to: 'active',            word: 'start' },
  stop:           { from: ['active', 'error'],               while: 'powering-off',          to: 'stopped',           word: 'stop' },
  softReboot:     { from: ['active'],                        while: 'rebooting',             to: 'active',            word: 'reboot' },
  hardReboot:     { from: [...still, 'error'],               while: 'rebooting_hard',        to: 'active',            word: 'reboot', during: betweenReboots },
  pause:          { from: ['active'],                        while: 'pausing',               to: 'paused',            word: 'pause' },
  unpause:        { from: ['paused'],                        while: 'unpausing',             to: 'active',            word: 'unpause' },
  suspend:        { from: ['active'],                        while: 'suspending',            to: 'suspended',         word: 'suspend' },
  resume:         { from: ['suspended'],                     while: 'resuming',              to: 'active',            word: 'resume' },
  rescue:         { from: ['active', 'stopped', 'error'],    while: 'rescuing',              to: 'rescued',           word: 'rescue' },
  unrescue:       { from: ['rescued'],                       while: 'unrescuing',            to: 'active',            word: 'unrescue' },
  rebuild:        { from: ['active', 'stopped', 'error'],    while: 'rebuilding',            to: 'active',            word: 'rebuild' },
  resize:         { from: ['active', 'stopped'],             while: 'resize_prep',           to: 'resized',           word: 'resize' },
  migrate:        { from: ['active', 'stopped'],             while: 'resize_prep',           to: 'resized',           word: 'migrate' },
  confirmResize:  { from: ['resized'],                       while: 'resize_confirming',     to: 'active',            word: 'confirmResize' },
  revertResize:   { from: ['resized'],                       while: 'resize_reverting',      to: 'active',            word: 'revertResize' },
  shelve:         { from: still,                             while: 'shelving',              to: 'shelved',           word: 'shelve' },
  shelveOffload:  { from: ['shelved'],                       while: 'shelving_offloading',   to: 'shelved_offloaded', word: 'shelveOffload' },
  unshelve:       { from: ['shelved', 'shelved_offloaded'],  while: 'unshelving',            to: 'active',            word: 'unshelve' },
  snapshot:       { from: still,                             while: 'image_snapshot_pending',                         word: 'createImage' },
  backup:         { from: still,                             while: 'image_backup',                                   word: 'createBackup' },
  changePassword: { from: ['active'],                        while: 'updating_password',                              word: 'changePassword' },
  crashDump:      { from: ['active', 'paused', 'rescued', 'resized', 'error'],                                        word: 'trigger_crash_dump' },
  liveMigrate:    { from: ['active', 'paused'],              while: 'migrating',                                      word: 'os-migrateLive' },
  evacuate:       { from: ['active', 'stopped', 'error'],    while: 'rebuilding',            to: 'active',            word: 'evacuate', during: 'any' },
  delete:         {                                          while: 'deleting',              to: 'deleted',           word: 'delete', during: 'any', unlaunched: true },
  softDelete:     {                                          while: 'soft-deleting',         to: 'soft-delete',       word: 'delete', during: 'any' },
  forceDelete:    {                                          while: 'deleting',              to: 'deleted',           word: 'forceDelete', during: 'any', unlaunched: true },
  restore:        { from: ['soft-delete'],                   while: 'restoring',             to: 'active',            word: 'restore' },
  setMetadata:    { from: still,                                                                                      word: 'update metadata', during: 'any' },
  forgetMetadata: { from: still,                                                                                      word: 'delete metadata', during: 'any' },
  attachPort:     { from: ['active', 'paused', 'stopped'],                                                            word: 'attach_interface' },
  detachPort:     { from: ['active', 'paused', 'stopped'],                                                            word: 'detach_interface' },
  attachVolume:   { from: ['active', 'paused', 'stopped', 'resized', 'soft-delete', 'shelved', 'shelved_offloaded'],  word: 'attach_volume' },
  detachVolume:   { from: ['active', 'paused', 'stopped', 'resized', 'soft-delete', 'shelved', 'shelved_offloaded'],  word: 'detach_volume' },
} as const satisfies Record<string, Row>

export type Action = keyof typeof actions

/** As much of a server as decides what may be done with it. */
export interface Standing {
  readonly id: string
  readonly vmState: VmState
  readonly taskState: TaskState | null
  readonly launchedAt: string | null
  readonly lockedBy: 'owner' | 'admin' | null
}

/** Why the state of a server forbids an action, in Nova's words; nothing when it may be done. */
export function hindrance(action: Action, { id, vmState, taskState, launchedAt }: Standing): string | undefined {
  const { from, during = [null], unlaunched, word }: Row = actions[action]
  const inState = (what: string) => `Cannot '${word}' instance ${id} while it is in ${what}`
  if (from && !from.includes(vmState)) return inState(`vm_state ${vmState}`)
  if (during !== 'any' && !during.includes(taskState)) return inState(`task_state ${taskState}`)
  if (!unlaunched && launchedAt === null) return `Instance ${id} is in an invalid state for '${word}'`
  return undefined
}

type Words = Readonly<Partial<Record<TaskState, string>>>
const resizing: Words = { resize_prep: 'RESIZE', resize_migrating: 'RESIZE', resize_migrated: 'RESIZE', resize_finish: 'RESIZE' }
const rebuilding: Words = { rebuilding: 'REBUILD', rebuild_block_device_mapping: 'REBUILD', rebuild_spawning: 'REBUILD' }
const rebooting: Words = {
  ...{ rebooting: 'REBOOT', reboot_pending: 'REBOOT', reboot_started: 'REBOOT' },
  ...{ rebooting_hard: 'HARD_REBOOT', reboot_pending_hard: 'HARD_REBOOT', reboot_started_hard: 'HARD_REBOOT' },
}

// biome-ignore format: a table: the word of a state, and those of what is done in it
const statuses: Readonly<Record<VmState, readonly [string, Words]>> = {
  building:          ['BUILD', {}],
  active:            ['ACTIVE', { ...rebooting, ...rebuilding, ...resizing, updating_password: 'PASSWORD', migrating: 'MIGRATING' }],
  stopped:           ['SHUTOFF', { ...rebuilding, ...resizing }],
  resized:           ['VERIFY_RESIZE', { resize_reverting: 'REVERT_RESIZE' }],
  paused:            ['PAUSED', { migrating: 'MIGRATING' }],
  suspended:         ['SUSPENDED', {}],
  rescued:           ['RESCUE', {}],
  error:             ['ERROR', rebuilding],
  deleted:           ['DELETED', {}],
  'soft-delete':     ['SOFT_DELETED', {}],
  shelved:           ['SHELVED', {}],
  shelved_offloaded: ['SHELVED_OFFLOADED', {}],
}

/** The one word clients wait for. */
export const statusOf = (vmState: VmState, taskState: TaskState | null = null): string => {
  const [word, meanwhile] = statuses[vmState]
  return (taskState && meanwhile[taskState]) ?? word
}

/** Which states a status means, for those who search by it; of each state the things being done in it, or `still` when it is its own word. */
export const statesOf = (status: string): readonly { vmState: VmState; taskStates: readonly TaskState[]; isPlain: boolean }[] =>
  (Object.keys(statuses) as VmState[]).flatMap(vmState => {
    const [word, meanwhile] = statuses[vmState]
    const isPlain = word === status.toUpperCase()
    const named = Object.entries(meanwhile).filter(([, one]) => (one === status.toUpperCase()) !== isPlain)
    const taskStates = named.map(([taskState]) => taskState as TaskState)
    return isPlain || taskStates.length > 0 ? [{ vmState, taskStates, isPlain }] : []
  })

/** Nova's numbers for what the hypervisor sees. */
export const powerNumber = (power: string): number => ({ running: 1, paused: 3, shutdown: 4, crashed: 6, suspended: 7 })[power] ?? 0

/** Which statuses say how far a server has come. */
export const saysProgress = (status: string): boolean =>
  ['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'].includes(status)

export const progressOf = (vmState: VmState): number => (vmState === 'active' ? 100 : 0)
