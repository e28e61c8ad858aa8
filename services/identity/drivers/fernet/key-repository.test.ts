import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededChance } from '@kilonova/platform/chance.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credentialCipher } from './credential-cipher.ts'
import { openFernet, sealFernet } from './fernet.ts'
import { keyRing, readKeyFiles, rotateKeys, setUpKeys } from './key-repository.ts'

const chance = seededChance(1)
let parent = ''
let folder = ''
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'kilonova-keys-'))
  folder = join(parent, 'fernet-keys')
})
afterEach(() => rmSync(parent, { recursive: true }))

const repository = (maxActiveKeys = 3) => ({ folder, maxActiveKeys })
const names = () => readdirSync(folder).sort()
/** A clock whose every look is two seconds after the last. */
const hurriedClock = () => {
  let now = 0
  return { monotonic: () => (now += 2000), now: () => 1_700_000_000_000 }
}

describe('a key repository', () => {
  test('begins with a staged and a primary key that only we read', () => {
    expect(setUpKeys(repository(), chance)).toBe(true)
    expect(names()).toEqual(['0', '1'])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, '1')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, '0'), 'utf8')).toMatch(/^[\w-]{43}=$/)
  })

  test('is set up once', () => {
    setUpKeys(repository(), chance)
    const before = readKeyFiles(folder)
    expect(setUpKeys(repository(), chance)).toBe(false)
    expect(readKeyFiles(folder)).toEqual(before)
  })

  test('promotes the staged key and drops the oldest when rotated', () => {
    setUpKeys(repository(), chance)
    const staged = readKeyFiles(folder).at(-1)?.text
    expect(rotateKeys(repository(), chance)).toEqual({ primary: 2, removed: [] })
    expect(readKeyFiles(folder)[0]).toEqual({ index: 2, text: staged })
    expect(rotateKeys(repository(), chance)).toEqual({ primary: 3, removed: [1] })
    expect(names()).toEqual(['0', '2', '3'])
  })

  test('drops as many as it takes when fewer are to be kept', () => {
    setUpKeys(repository(), chance)
    for (let turn = 0; turn < 4; turn++) rotateKeys(repository(9), chance)
    expect(names()).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(rotateKeys(repository(2), chance).removed).toEqual([5, 4, 3, 2, 1])
    expect(names()).toEqual(['0', '6'])
  })

  test('is not rotated before it is set up', () => {
    setUpKeys(repository(), chance)
    rmSync(join(folder, '0'))
    expect(() => rotateKeys(repository(), chance)).toThrow('There is no staged key')
  })

  test('passes over empty files and names that are no numbers', () => {
    setUpKeys(repository(), chance)
    writeFileSync(join(folder, '7'), '')
    writeFileSync(join(folder, '0.tmp'), 'half a key')
    expect(readKeyFiles(folder).map(({ index }) => index)).toEqual([1, 0])
  })

  test('a rotation goes on after one that died half way', () => {
    setUpKeys(repository(), chance)
    writeFileSync(join(folder, '0.tmp'), 'half a key')
    expect(rotateKeys(repository(), chance).primary).toBe(2)
  })
})

describe('a key ring', () => {
  test('notices a rotation, and opens what was sealed before it', () => {
    setUpKeys(repository(), chance)
    const ring = keyRing(folder, hurriedClock())
    const [before] = ring()
    const sealed = sealFernet(before!, Buffer.from('x'), 1, chance.bytes(16))
    rotateKeys(repository(), chance)
    expect(ring()[0]).not.toEqual(before)
    expect(openFernet(ring(), sealed)?.data.toString()).toBe('x')
  })

  test('does not look twice within a second', () => {
    setUpKeys(repository(), chance)
    const ring = keyRing(folder, { monotonic: () => 5 })
    const before = ring()
    rotateKeys(repository(), chance)
    expect(ring()).toBe(before)
  })

  test('without keys says where they are missing', () => {
    expect(() => keyRing(folder, hurriedClock())()).toThrow(`There are no keys in ${folder}; set the keys up first.`)
  })
})

describe('a credential at rest', () => {
  test('is opened after rotations, and says by its hash that it wants sealing again', () => {
    setUpKeys(repository(), chance)
    const cipher = credentialCipher({ folder, clock: hurriedClock(), chance })
    const { sealed, keyHash } = cipher.seal('{"secret": "ä"}')
    expect(keyHash).toBe(cipher.keyHash())
    rotateKeys(repository(), chance)
    expect(cipher.open(sealed)).toBe('{"secret": "ä"}')
    expect(cipher.keyHash()).not.toBe(keyHash)
    expect(sealed.length % 4).toBe(0)
  })

  test('is sealed with the null key, and says so, until keys are set up', () => {
    const cipher = credentialCipher({ folder, clock: hurriedClock(), chance })
    expect(cipher.isUnprotected()).toBe(true)
    const { sealed, keyHash } = cipher.seal('x')
    // SHA-1 of 43 'A's and a '=', which Keystone's database shows for such rows.
    expect(keyHash).toBe('c5bdc272b97a0d521ef878dc26fb73e4075544dc')
    setUpKeys(repository(), chance)
    expect(cipher.isUnprotected()).toBe(false)
    expect(cipher.open(sealed)).toBe('x')
  })

  test('that no key opens is nothing', () => {
    expect(credentialCipher({ folder, clock: hurriedClock(), chance }).open('gAAAAAA=')).toBeUndefined()
  })
})
