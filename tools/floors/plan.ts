/**
 * The floor plan: every kind of file there is, and what it may enter. The tables are the law; `law.ts` only reads them out.
 *
 * A room is a file (`api.ts`) or, when it grows, a folder of the same name (`api/views.ts`).
 */
export interface RoomRow {
  readonly floor: number
  readonly what: string
  /** The folders of platform/ it may use; the files right in platform/ (clock, chance, refusal, …) are open to all. */
  readonly platform: readonly string[] | 'all'
  /** The only rooms it may import, where the stairs alone would allow more. */
  readonly only?: readonly Room[]
  /** The only rooms that may import it, where the stairs alone would allow more. */
  readonly enteredBy?: readonly Room[]
}

// biome-ignore format: floors, from the ground up
export type Room =
  | 'noun' | 'states' | 'contract' | 'tables' | 'options' | 'policies' | 'documents' | 'versions' | 'faults' | 'door'
  | 'store' | 'clients' | 'migrations' | 'driver' | 'assets'
  | 'tasks' | 'verb'
  | 'reconcilers'
  | 'logic'
  | 'api' | 'inbox'
  | 'routes'
  | 'main' | 'kit'

// biome-ignore format: a table, one room a line
export const rooms: Readonly<Record<Room, RoomRow>> = {
  noun:        { floor: 0, platform: [],                     what: 'the thing itself: its type and facts that need no one' },
  states:      { floor: 0, platform: [],                     what: 'its life: which action, from which states, to which' },
  contract:    { floor: 0, platform: ['bus', 'policy'],      what: 'what others may import', only: ['contract', 'noun', 'states'] },
  tables:      { floor: 0, platform: ['sql', 'tasks', 'changes'], what: 'the row types of the tables' },
  options:     { floor: 0, platform: ['config'],             what: 'the options of the config file, as data' },
  policies:    { floor: 0, platform: ['policy'],             what: 'the default policy rules, as data', enteredBy: ['policies', 'api', 'routes', 'main'] },
  documents:   { floor: 0, platform: [],                     what: 'texts and bytes written for another reader, built from nouns alone' },
  versions:    { floor: 0, platform: ['http'],               what: 'the ladder of API versions', enteredBy: ['versions', 'faults', 'api', 'routes', 'main'] },
  faults:      { floor: 0, platform: ['http'],               what: 'how an error is spelled on the wire', enteredBy: ['versions', 'faults', 'api', 'routes', 'main'] },
  door:        { floor: 0, platform: [],                     what: 'drivers/driver.ts: what any driver must do' },
  store:       { floor: 1, platform: ['sql', 'changes'],     what: 'how it is kept' },
  clients:     { floor: 1, platform: ['http', 'bus', 'log'], what: 'how a neighbour is called' },
  migrations:  { floor: 1, platform: ['sql', 'tasks', 'changes'], what: 'how the tables came to be', only: ['migrations'], enteredBy: ['migrations', 'main'] },
  driver:      { floor: 1, platform: ['config', 'log', 'changes'], what: 'the outside: files, keys, other programs, what a process keeps in memory', enteredBy: ['driver', 'main'] },
  assets:      { floor: 1, platform: ['config', 'log'],      what: 'makers of what the service ships: boot disks, kernels', enteredBy: ['assets', 'main'] },
  tasks:       { floor: 2, platform: ['tasks', 'log'],       what: 'work of several steps, each with its undo' },
  verb:        { floor: 2, platform: ['log'],                what: 'one thing an agent does' },
  reconcilers: { floor: 3, platform: ['tasks', 'log', 'bus'],       what: 'work that is never finished' },
  logic:       { floor: 4, platform: ['tasks', 'policy'],    what: 'what it means: rules and refusals' },
  api:         { floor: 5, platform: ['http', 'bus', 'policy', 'changes'], what: 'the outside: URLs, bodies, views' },
  inbox:       { floor: 5, platform: ['bus', 'policy'],      what: 'the other outside: messages' },
  routes:      { floor: 6, platform: ['http', 'changes'],    what: 'every URL on one page', only: ['api', 'logic', 'versions', 'faults', 'policies', 'noun', 'states', 'contract'] },
  main:        { floor: 7, platform: 'all',                  what: 'where things are built and wired' },
  kit:         { floor: 7, platform: 'all',                  what: 'what tests share' },
}

/** The buildings beside services and agents: which of the services' and agents' rooms each may enter, and which other buildings. */
export interface BuildingRow {
  readonly rooms: readonly Room[]
  readonly buildings: readonly string[]
}

// biome-ignore format: a table, one building a line
export const buildings: Readonly<Record<string, BuildingRow>> = {
  platform:    { rooms: [],                                                                 buildings: ['platform'] },
  dashboard:   { rooms: ['contract'],                                                       buildings: ['dashboard'] },
  stories:     { rooms: ['contract', 'main'],                                               buildings: ['platform', 'stories'] },
  launcher:    { rooms: ['contract', 'main', 'options', 'policies', 'migrations'],          buildings: ['platform', 'launcher'] },
  conformance: { rooms: ['contract', 'main'],                                               buildings: ['platform', 'stories', 'conformance'] },
  bench:       { rooms: ['contract', 'main'],                                               buildings: ['platform', 'stories', 'bench'] },
  docs:        { rooms: ['main'],                                                           buildings: ['platform', 'docs'] },
  tools:       { rooms: ['contract', 'main', 'routes', 'versions', 'options', 'policies'],  buildings: ['platform', 'tools'] },
}

/** Where a file lies. Outside services and agents `room` is nothing and `house` is the building. */
export interface Place {
  readonly house: string
  readonly building: string
  readonly room?: Room
  /** The resource's folder, or '' for what belongs to the whole service or agent. */
  readonly resource: string
  /** Which driver or asset, among several. */
  readonly part: string
  /** A test, or the kit that the tests of a service, agent or resource share: it may enter every room of its house, and nobody enters it. */
  readonly isTest: boolean
}

/** `services/compute/servers/tasks/boot.ts` is compute's servers' tasks. Nothing, when the file is nowhere on the plan. */
export function placeOf(path: string): Place | undefined {
  const isTest = /\.test(-suite)?\.tsx?$|^(services|agents)\/.*\/kit(\.ts$|\/)/.test(path)
  const [building = '', ...rest] = path.replace(/(\.world)?(\.test|\.test-suite)?\.tsx?$/, '').split('/')
  if (Object.hasOwn(buildings, building) && rest.length > 0) return { house: building, building, resource: '', part: '', isTest }
  const [name, ...inside] = rest
  if (name === undefined || inside.length === 0) return undefined
  const found = building === 'services' ? roomInService(inside) : building === 'agents' ? roomInAgent(inside) : undefined
  return found && { resource: '', part: '', ...found, house: `${building}/${name}`, building, isTest }
}

type Found = { readonly room: Room; readonly resource?: string; readonly part?: string }

// biome-ignore format: a house a line
const serviceRooms: readonly string[] = ['contract', 'clients', 'migrations', 'tables', 'options', 'policies', 'documents', 'versions', 'faults', 'routes', 'main', 'kit']
// biome-ignore format: a house a line
const resourceRooms: readonly string[] = ['states', 'store', 'tasks', 'reconcilers', 'logic', 'api', 'inbox', 'tables', 'options', 'policies', 'documents', 'kit']
// biome-ignore format: a house a line
const agentRooms: readonly string[] = ['contract', 'clients', 'options', 'documents', 'reconcilers', 'inbox', 'main', 'kit']

function roomInService([first = '', ...rest]: readonly string[]): Found | undefined {
  if (serviceRooms.includes(first)) return { room: first as Room }
  const own = roomOfOwn(first, rest)
  if (own || rest.length === 0) return own
  const [second = '', ...more] = rest
  if (singularsOf(first).includes(second)) return { room: 'noun', resource: first }
  if (resourceRooms.includes(second)) return { room: second as Room, resource: first }
  const inResource = roomOfOwn(second, more)
  return inResource && { ...inResource, resource: first }
}

/** Whatever is no room of an agent is a folder of verbs: `guests/attach-volume.ts`. */
function roomInAgent([first = '', ...rest]: readonly string[]): Found | undefined {
  if (agentRooms.includes(first)) return { room: first as Room }
  if (first === 'drivers' || first === 'assets') return roomOfOwn(first, rest)
  return rest.length > 0 ? { room: 'verb', resource: first } : undefined
}

/** The two rooms that hold several things of one kind, which do not know each other. */
function roomOfOwn(first: string, [part, ...more]: readonly string[]): Found | undefined {
  if (part === undefined || (first !== 'drivers' && first !== 'assets')) return undefined
  if (first === 'drivers' && part === 'driver' && more.length === 0) return { room: 'door' }
  return { room: first === 'drivers' ? 'driver' : 'assets', part }
}

/** What one of `policies`, `addresses`, `servers` or `scheduler` may be called. */
const singularsOf = (plural: string) => [plural, plural.replace(/ies$/, 'y'), plural.replace(/es$/, ''), plural.replace(/s$/, '')]
