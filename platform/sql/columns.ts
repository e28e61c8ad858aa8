import { type CreateTableBuilder, sql } from 'kysely'
import type { Dialect } from './database.ts'

type Column = Parameters<CreateTableBuilder<string>['addColumn']>[1]

/**
 * The types of columns that mean the same on every engine. A migration takes its types from here and nowhere else.
 *
 * Text compares exactly, byte by byte, and sorts by code point: `utf8mb4` with a binary collation without padding on MariaDB and MySQL
 * (each table says so itself, whatever character set the database was created with), "C" on PostgreSQL. Where names are the same
 * regardless of case (users, projects, domains in the identity service), keep a second column `name_folded`, filled with `folded(name)`,
 * and put the unique index on that: the engines' own case-insensitive collations disagree about what is the same.
 *
 * Foreign keys are declared on the table (`addForeignKeyConstraint`), not on the column: MySQL reads the latter and does nothing.
 * A unique column is declared by one unique index with a name, not also by `unique()`; the primary key needs none.
 * An index may take 3072 bytes: `text` three times with an `id`, never `longText`.
 */
export interface Columns {
  /** Up to 64 characters: a UUID, 32 digits, a fixed word. */
  readonly id: Column
  /** Up to 255 characters, may be indexed. */
  readonly text: Column
  /** Up to 4 GiB; not indexed, not compared. */
  readonly longText: Column
  /** JSON as text: `JSON.stringify` in, `JSON.parse` out. Not searched inside. */
  readonly json: Column
  /** 0 or 1, see `Flag`. */
  readonly flag: Column
  /** 32 bits. */
  readonly integer: Column
  /** 64 bits; as a JavaScript number, so exact to 2^53: sizes in bytes, epoch milliseconds or microseconds. */
  readonly bigint: Column
  readonly double: Column
  /** A moment as ISO 8601 text in UTC (`2026-01-31T12:00:00.000000Z`), which sorts as it should when always written with as many digits. */
  readonly time: Column
  readonly bytes: Column
}

const mysql: Columns = {
  id: 'varchar(64)',
  text: 'varchar(255)',
  longText: sql`longtext`,
  json: sql`longtext`,
  flag: sql`smallint`,
  integer: 'integer',
  bigint: 'bigint',
  double: sql`double`,
  time: 'varchar(40)',
  bytes: sql`longblob`,
}

const postgres: Columns = {
  id: sql`varchar(64) collate "C"`,
  text: sql`varchar(255) collate "C"`,
  longText: sql`text collate "C"`,
  json: sql`text collate "C"`,
  flag: sql`smallint`,
  integer: 'integer',
  bigint: 'bigint',
  double: sql`double precision`,
  time: sql`varchar(40) collate "C"`,
  bytes: sql`bytea`,
}

const sqlite: Columns = {
  id: 'text',
  text: 'text',
  longText: 'text',
  json: 'text',
  flag: 'integer',
  integer: 'integer',
  bigint: 'integer',
  double: sql`real`,
  time: 'text',
  bytes: 'blob',
}

const perDialect: Record<Dialect, Columns> = { mysql, postgres, sqlite }

export function columns(dialect: Dialect): Columns {
  return perDialect[dialect]
}

/** What a flag's column says. */
export function isSet(flag: number | null | undefined): boolean {
  return flag === 1
}

/** Two texts that people take for the same name have the same folded text: composed, lower case. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** A pattern that matches texts with `text` anywhere in them, literally: sql`name like ${containing(text)} escape '!'`. */
export function containing(text: string): string {
  return `%${text.replace(/[!%_]/g, mark => `!${mark}`)}%`
}
