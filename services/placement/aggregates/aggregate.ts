/** A group of providers, known by its id alone: an availability zone, the users of one shared pool. */
export type AggregateId = string
