import { createHash } from 'node:crypto'

/** SHA-224 in hexadecimal digits: how a host is named to those who may not know its name. */
export const digest = (text: string): string => createHash('sha224').update(text).digest('hex')
