import { Refusal } from '@kilonova/platform/refusal.ts'
import { isYes, type Wishes } from './wishes.ts'

/** How large the pages of a guest's memory are to be; a number is of KiB. Absent: as they come. */
export type PageWish = 'small' | 'large' | 'any' | number | undefined

/** Large pages are the operator's to give: an image may choose among those that the flavor leaves open, and ask for none by itself. */
export function pageWishOf(wishes: Wishes): PageWish {
  const ofFlavor = wishes.spec('hw:mem_page_size')
  const ofImage = wishes.property('hw_mem_page_size')
  if (ofImage !== undefined && ofFlavor === undefined) throw forbidden(ofImage, '<empty>')
  if (ofFlavor === undefined) return undefined
  const page = pageOf(ofFlavor)
  if (ofImage === undefined) return page
  if (page !== 'any' && page !== 'large') throw forbidden(ofImage, ofFlavor)
  return pageOf(ofImage)
}

const forbidden = (size: string, against: string): Refusal => new Refusal('invalid', `Page size ${size} forbidden against '${against}'`)

const powers: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4 }

/** A bare number is of KiB; `2MB` and `2MiB` are the same size, as everywhere in OpenStack, and a small `b` counts bits. */
function pageOf(word: string): Exclude<PageWish, undefined> {
  if (word === 'small' || word === 'large' || word === 'any') return word
  if (/^\d+$/.test(word)) return Number(word)
  const [, count, unit = '', kind] = /^(\d+)(?:([kKMGT])i?)?(b|bit|B)$/.exec(word) ?? []
  if (count === undefined) throw new Refusal('invalid', `Invalid memory page size '${word}'`)
  const bytes = (Number(count) * 1024 ** (powers[unit.toUpperCase()] ?? 0)) / (kind === 'B' ? 1 : 8)
  return bytes / 1024
}

export function wantsLockedMemory(wishes: Wishes): boolean {
  const ofFlavor = wishes.spec('hw:locked_memory')
  const ofImage = wishes.property('hw_locked_memory')
  if (ofFlavor !== undefined && ofImage !== undefined && isYes(ofFlavor) !== isYes(ofImage))
    throw new Refusal(
      'invalid',
      `locked_memory value in image (${isYes(ofImage)}) and flavor (${isYes(ofFlavor)}) conflict. A consistent value is expected if both specified.`,
    )
  const isLocked = isYes(ofFlavor ?? ofImage)
  if (isLocked && wishes.spec('hw:mem_page_size') === undefined && wishes.property('hw_mem_page_size') === undefined)
    throw new Refusal('invalid', 'locked_memory value in image or flavor is forbidden when mem_page_size is not set.')
  return isLocked
}
