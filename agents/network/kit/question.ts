/** What a guest's own program is asked. */
export type Question =
  /** Sends back whatever comes, on both versions. */
  | { readonly what: 'echo'; readonly over: Transport; readonly port: number }
  /** Whether what is sent there comes back. */
  | {
      readonly what: 'reach'
      readonly over: Transport
      readonly address: string
      readonly port: number
      readonly from?: string | undefined
      readonly limitMs: number
    }
  /** A connection that stays open; the answer is its number. */
  | { readonly what: 'open'; readonly address: string; readonly port: number; readonly limitMs: number }
  | { readonly what: 'say'; readonly connection: number; readonly limitMs: number }
  /** One-way: sends datagrams of that size, that many a second, for so long; the answer is how many went out. */
  | { readonly what: 'shoot'; readonly address: string; readonly port: number; readonly bytes: number; readonly count: number }
  /** Takes what comes and throws it away; `taken` says how much it was, by bytes and by datagrams. */
  | { readonly what: 'sink'; readonly over: Transport; readonly port: number }
  | { readonly what: 'taken'; readonly port: number }
  /** Sends so many bytes and waits until the other end took the last; the answer is the milliseconds. */
  | { readonly what: 'copy'; readonly address: string; readonly port: number; readonly bytes: number }
  /** Runs a program to its end; the answer is what it printed. */
  | { readonly what: 'run'; readonly program: string; readonly args: readonly string[] }
  /** Starts a program that goes on; the answer is its number, and `printed` says how many bytes it has printed. */
  | { readonly what: 'start'; readonly program: string; readonly args: readonly string[] }
  | { readonly what: 'printed'; readonly started: number }

export type Transport = 'tcp' | 'udp'

export type Answer = { readonly ready?: true; readonly id?: number; readonly found?: unknown; readonly failed?: string }
