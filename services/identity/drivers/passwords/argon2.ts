import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

const written = /^\$(argon2i|argon2d|argon2id)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

/** `$argon2id$v=19$m=65536,t=3,p=4$salt$key` (PHC), as newer Keystones write it. Only read, never made. */
export async function verifyArgon2(password: Buffer, hashed: string): Promise<boolean> {
  const [, algorithm, memory, passes, parallelism, salt = '', key = ''] = hashed.match(written) ?? []
  if (algorithm !== 'argon2i' && algorithm !== 'argon2d' && algorithm !== 'argon2id') return false
  const expected = Buffer.from(key, 'base64')
  const found = await derive(algorithm, {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  })
  return timingSafeEqual(found, expected)
}
