import { declarations } from '@kilonova/platform/http/endpoint.ts'
import { ladder } from '@kilonova/platform/ladder.ts'

/** The rungs that something here hangs on. */
export const versions = ladder({
  '2.1': 'the first version',
  '2.2': 'key pairs have a type',
  '2.3': 'a server shows its host name, launch index and root device to those who may see them',
  '2.7': 'a flavor that everybody may use is given to nobody',
  '2.9': 'a server says whether it is locked',
  '2.10': 'an operator may name the owner of a key pair',
  '2.11': 'an operator may say that a host is down',
  '2.13': 'a server group shows whose it is',
  '2.15': 'server groups may ask softly',
  '2.19': 'a server has a description',
  '2.28': 'the processor of a host is an object, not its text',
  '2.33': 'hosts are listed in pages',
  '2.35': 'key pairs are listed in pages',
  '2.41': 'a group of hosts has a UUID',
  '2.47': 'a server carries its flavor whole, not a link',
  '2.53': 'hosts and processes have UUIDs',
  '2.55': 'a flavor has a description',
  '2.61': 'a flavor shows its extra specs',
  '2.64': 'a server group has one policy and its rules',
  '2.75': 'no swap is the number 0 in a flavor',
  '2.88': 'what a host has is asked of placement',
  '2.92': 'key pairs are imported, never generated',
  '2.93': 'a volume-backed server may be rebuilt onto another image',
})

/** Nova hangs the links of a list beside it, and only where there is a next page. */
export const { body, plainBody, query, view, listView, endpoint, since, until } = declarations(versions, (root, items, { next }) => ({
  [root]: items,
  ...(next === undefined ? {} : { [`${root}_links`]: [{ rel: 'next', href: next }] }),
}))
