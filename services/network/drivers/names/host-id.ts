import { nameId } from './name-id.ts'

const dnsSpace = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'

/** A version 5 UUID in the space of DNS names. */
export const hostId = (host: string): string => nameId(dnsSpace, host)
