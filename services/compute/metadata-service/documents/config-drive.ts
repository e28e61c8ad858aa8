import type { AtBoot, Told } from '../metadata-service.ts'
import { ec2Tree, type Node, nodeAt } from './ec2.ts'
import { contentsOf, fileAt, namesAt, openstackVersion, openstackVersions } from './openstack.ts'

/** Nova leaves out the older ones, which nobody reads off a drive. */
const ec2Kept = ['2009-04-04', 'latest']

export type DriveFiles = Readonly<Record<string, string | { readonly base64: string }>>

/** A configuration drive's files by path; what came as bytes stays bytes. */
export function driveOf(told: Told, more: AtBoot): DriveFiles {
  const { userData } = told.server
  const ofOwner = userData === null ? undefined : { base64: userData }
  const ec2 = ec2Kept.flatMap(version => {
    const facts = nodeAt(ec2Tree(told, version) ?? {}, ['meta-data'])
    return [
      ...(ofOwner ? [[`ec2/${version}/user-data`, ofOwner] as const] : []),
      [`ec2/${version}/meta-data.json`, JSON.stringify(withoutNames(facts ?? {}))] as const,
    ]
  })
  const openstack = [...openstackVersions, 'latest'].flatMap(word => {
    const version = openstackVersion(word)
    return version === undefined ? [] : filesAt(told, more, version).map(([name, file]) => [`openstack/${word}/${name}`, file] as const)
  })
  const contents = contentsOf(more).map(([number, base64]) => [`openstack/content/${number}`, { base64 }] as const)
  return Object.fromEntries([...ec2, ...openstack, ...contents])
}

/** All but the password, which the guest itself sets, and never on a drive. */
const filesAt = (told: Told, more: AtBoot, version: Parameters<typeof fileAt>[2]) =>
  namesAt(told, version)
    .filter(name => name !== 'password')
    .flatMap(name => {
      const file = fileAt(told, more, version, name)
      return file === undefined ? [] : [[name, file.content] as const]
    })

/** On paper a key's name has no place: `{"0": {"openssh-key": ...}}`. */
const withoutNames = (node: Node): Node =>
  typeof node === 'string' || Array.isArray(node)
    ? node
    : Object.fromEntries(Object.entries(node).map(([name, inside]) => [name.replace(/^(\d+)=.*$/, '$1'), withoutNames(inside)]))
