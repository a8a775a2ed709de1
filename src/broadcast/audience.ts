/** The values of the message's columns for one user, in the order of `columns`. */
export type Row = readonly string[];

/** Users of a list, a page of them. */
export interface AudiencePage {
  openIds: string[];
  /** One per user. Absent where all get the same message. */
  rows?: readonly Row[] | undefined;
}

/** A row of a list from which no message can be made. */
export interface InvalidRow {
  openId: string;
  /** Line of the file, from 1. */
  line: number;
  why: string;
}

/** Listed users, each once. May be read more than once, a page at a time: there may be a million of them. */
export interface ListedAudience {
  kind: "list";
  count: number;
  pages(): AsyncIterable<AudiencePage>;
  /** Users who are left out, and counted as `invalid`. */
  invalid?: { count: number; summary: string; pages(): AsyncIterable<InvalidRow[]> } | undefined;
  /** The row of the first, whose values a preview shows. */
  first?: { openId: string; line: number; row: Row } | undefined;
  /** To be called when it is no longer needed. */
  close?(): Promise<void>;
}

/** Whom to send to: every pool, or listed openIds without duplicates. */
export type Audience = { kind: "pools" } | ListedAudience;

/** Users in one call to Redis. */
const PAGE = 1000;

/** openIds, each once, as an audience. */
export function listAudience(openIds: readonly string[]): ListedAudience {
  return {
    kind: "list",
    count: openIds.length,
    async *pages() {
      for (let at = 0; at < openIds.length; at += PAGE) yield { openIds: openIds.slice(at, at + PAGE) };
    },
  };
}

/** All listed users, including those left out. */
export function countListed({ count, invalid }: ListedAudience): number {
  return count + (invalid?.count ?? 0);
}
