/** What a project may have of images, by Glance's names. */
export const quotaNames = ['image_size_total', 'image_stage_total', 'image_count_total', 'image_count_uploading'] as const
export type QuotaName = (typeof quotaNames)[number]

/** Limits are in MiB or in images; -1 is no limit. */
export type Quotas = Readonly<Record<QuotaName, number>>

export interface Usage {
  readonly usage: number
  readonly limit: number
}

/** Who says what a project may have. */
export interface QuotaLimits {
  of(projectId: string): Promise<Quotas>
}
