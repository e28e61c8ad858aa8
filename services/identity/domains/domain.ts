import type { Project } from '../projects/project.ts'

/** The realm that users, groups and projects belong to: a project that acts as one, seen without its place in the tree. */
export type Domain = Omit<Project, 'domainId' | 'parentId' | 'isDomain'>
