/** What may be done with a server in which state, for those who show servers to people. */
export {
  type Action,
  actions,
  hindrance,
  type PowerState,
  powerNumber,
  type Standing,
  statusOf,
  type TaskState,
  type VmState,
} from '../servers/states.ts'
