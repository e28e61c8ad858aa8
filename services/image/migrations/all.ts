import type { Migration } from '@kilonova/platform/sql/database.ts'
import { taskMigration } from '@kilonova/platform/tasks/migration.ts'
import { images } from './0001-images.ts'
import { definitions } from './0002-definitions.ts'

export const migrations: readonly Migration[] = [images, definitions, taskMigration]
