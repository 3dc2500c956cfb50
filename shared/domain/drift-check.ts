/** What a check has counted, over all its invocations. */
export interface DriftCounts {
  namespaces: number;
  /** Tenants at rest that were compared. */
  judged: number;
  /** Tenants that are being worked on or paused, and left alone. */
  underWay: number;
  /** Tenants for which something was recorded. */
  drifted: number;
  /** Tenants of whom more is amiss than one check takes up. */
  more: number;
  /** Tenants and namespaces that could not be checked or put right. */
  failed: number;
  /** Managed namespaces without a live record here, and those of them that were deleted. */
  orphans: number;
  removed: number;
}

export const noCounts = (): DriftCounts => ({
  namespaces: 0,
  judged: 0,
  underWay: 0,
  drifted: 0,
  more: 0,
  failed: 0,
  orphans: 0,
  removed: 0,
});

/** One of those that failed, as an example. */
export interface DriftFailure {
  namespace: string;
  reason: string;
}

/** A managed namespace without a live record. */
export interface Orphan {
  name: string;
  uid: string;
  resourceVersion: string;
}

/** Where a check goes on: behind a namespace, with the page of each list that is at hand then. */
export interface DriftPosition {
  after: string;
  pages: Record<string, string>;
}

/** How far a check came: some 10 kB, and 150 bytes for each unknown namespace. */
export interface DriftProgress extends DriftPosition {
  counts: DriftCounts;
  /** The first that failed. */
  failures: DriftFailure[];
  /** Namespaces of which the table knows nothing, kept until the end: one more than may be deleted, at most. */
  unknown: Orphan[];
}
