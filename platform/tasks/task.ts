import type { Cause } from '../cause.ts'

/**
 * Work that takes several steps on several machines: a list, in which each act stands above its undo.
 *
 *     export const bootServer = task<{ serverId: string }, Rooms>('server.boot')
 *       .step('choose a host', chooseHost, giveHostBack)
 *       .step('start the guest', startGuest, destroyGuest)
 *       .onUndone(setToError)
 *
 * What a step returns is journalled and typed into the next. After a crash the work resumes behind the last finished step; when a step
 * fails, or the deadline passes, undos run from the step that was begun last to the first. So a step must be safe to repeat, and an undo
 * must be safe to run when its step did nothing, or only half. An undo that goes on failing parks the task, which an operator retries.
 */
export class Task<Input extends object, Saved extends object, Rooms extends object> {
  readonly name: string
  readonly steps: readonly Step<Rooms>[]
  readonly hooks: Hooks<Rooms>
  /** Exists in types only. */
  declare readonly input: Input

  constructor(name: string, steps: readonly Step<Rooms>[], hooks: Hooks<Rooms> = {}) {
    this.name = name
    this.steps = steps
    this.hooks = hooks
  }

  step<Result>(
    name: string,
    run: Act<Saved, Rooms, Result>,
    undo?: Act<Saved & Partial<Gained<Result>>, Rooms>,
  ): Task<Input, Saved & Gained<Result>, Rooms> {
    if (this.steps.some(step => step.name === name)) throw new Error(`${this.name} has two steps called “${name}”`)
    return new Task(this.name, [...this.steps, { name, run, undo }], this.hooks)
  }

  /** A step from which there is only a way on: what is away is waited for until a machine would be back that starts again. */
  stepOn<Result>(name: string, run: Act<Saved, Rooms, Result>): Task<Input, Saved & Gained<Result>, Rooms> {
    const { steps } = this.step(name, run)
    return new Task(
      this.name,
      steps.map(step => (step.name === name ? { ...step, isOnward: true } : step)),
      this.hooks,
    )
  }

  /** The last thing that happens when all went well. Tried until it succeeds, then parked. */
  onDone(run: Act<Saved, Rooms>): Task<Input, Saved, Rooms> {
    return new Task(this.name, this.steps, { ...this.hooks, onDone: { run } })
  }

  /** The last thing that happens when all was undone: tell the user what went wrong and where. */
  onUndone(run: UndoneAct<Input & Partial<Saved>, Rooms>): Task<Input, Saved, Rooms> {
    return new Task(this.name, this.steps, { ...this.hooks, onUndone: { run } })
  }
}

export function task<Input extends object, Rooms extends object = object>(name: string): Task<Input, Input, Rooms> {
  return new Task(name, [])
}

/** `saved` is the input and what the steps so far returned. */
export type Act<Saved, Rooms, Result = void> = (saved: Saved, rooms: Rooms, turn: Turn) => Promise<Result>
export type UndoneAct<Saved, Rooms> = (saved: Saved, rooms: Rooms, turn: Turn & { readonly fault: Fault }) => Promise<void>

/** What an act is told about its turn. */
export interface Turn {
  readonly taskId: string
  /** The subject: what no other task works on meanwhile. */
  readonly key: string
  readonly cause: Cause
  /** Aborted at the deadline, or when this process lost the task to another. */
  readonly signal: AbortSignal
}

/** Why a task is undone or parked, for the user to read. */
export interface Fault {
  readonly step: string
  /** Where it went wrong: the host the refusal names in `extra.host`, else the one the steps saved as `host`, else the worker's. */
  readonly host: string
  readonly message: string
  /** The refusal's own word, where it has one: `PortInUse`. */
  readonly code?: string | undefined
  /** More for those who run the cloud alone: what the refusal says in `extra.details`. */
  readonly details?: string | undefined
}

export interface Step<Rooms> {
  readonly name: string
  readonly isOnward?: boolean | undefined
  run(saved: object, rooms: Rooms, turn: Turn): Promise<unknown>
  undo?: Undo<Rooms> | undefined
}

interface Undo<Rooms> {
  // A method's parameters are compared both ways, which is what lets one list hold steps of different types.
  (saved: never, rooms: Rooms, turn: Turn): Promise<void>
}

export interface Hooks<Rooms> {
  readonly onDone?: { run(saved: object, rooms: Rooms, turn: Turn): Promise<void> }
  readonly onUndone?: { run(saved: object, rooms: Rooms, turn: Turn & { readonly fault: Fault }): Promise<void> }
}

type Gained<Result> = Result extends object ? Result : unknown

/** A task with the rooms its acts need: what a worker works on. */
export interface Labour {
  readonly name: string
  readonly steps: readonly BoundStep[]
  readonly onDone?: ((saved: object, turn: Turn) => Promise<void>) | undefined
  readonly onUndone?: ((saved: object, turn: Turn & { readonly fault: Fault }) => Promise<void>) | undefined
}

export interface BoundStep {
  readonly name: string
  readonly isOnward?: boolean | undefined
  run(saved: object, turn: Turn): Promise<unknown>
  undo?: ((saved: object, turn: Turn) => Promise<void>) | undefined
}

export function labour<Input extends object, Saved extends object, Rooms extends object>(
  { name, steps, hooks }: Task<Input, Saved, Rooms>,
  rooms: Rooms,
): Labour {
  const { onDone, onUndone } = hooks
  return {
    name,
    steps: steps.map(step => ({
      ...{ name: step.name, isOnward: step.isOnward },
      run: (saved, turn) => step.run(saved, rooms, turn),
      undo: step.undo && ((saved, turn) => step.undo?.(saved as never, rooms, turn) ?? Promise.resolve()),
    })),
    onDone: onDone && ((saved, turn) => onDone.run(saved, rooms, turn)),
    onUndone: onUndone && ((saved, turn) => onUndone.run(saved, rooms, turn)),
  }
}
