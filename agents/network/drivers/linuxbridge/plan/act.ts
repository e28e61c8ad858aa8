/** One change of the host, as a line of a batch: many are carried out by one run of a program. */
export interface Act {
  readonly tool: 'ip' | 'bridge' | 'tc' | 'sysctl'
  /** The namespace it happens in; absent: the host's own. */
  readonly in?: string | undefined
  readonly line: string
  /** Of IP, where the line does not say it; 4 unless told. */
  readonly version?: 6 | undefined
  /** The network, port, router or DHCP server it is for: a failure is told about it, and the rest of its acts are left. */
  readonly subject: string
}

export type Subject = { readonly subject: string; readonly in?: string | undefined }

export const ip = ({ subject, in: namespace }: Subject, line: string): Act => ({ tool: 'ip', line, subject, in: namespace })
