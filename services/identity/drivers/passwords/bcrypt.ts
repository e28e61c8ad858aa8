import { hash, verify } from '@node-rs/bcrypt'

/** `$2b$12$…`: the cost is a power of two; 16 bytes of salt. Reads the first 72 bytes of a password. */
export const hashBcrypt = (password: Buffer, cost: number, salt: Buffer): Promise<string> => hash(password, { cost, salt, version: '2b' })

export const verifyBcrypt = (password: Buffer, hashed: string): Promise<boolean> => verify(password, hashed)
