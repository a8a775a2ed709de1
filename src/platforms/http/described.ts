export interface Described {
  /** What happened, in words. */
  reason: string;
  /** What the operator can do. */
  hint?: string | undefined;
}

/** A fault that is described already: the one who threw it knew more of it. */
export class DescribedError extends Error {
  readonly described: Described;

  constructor(described: Described, cause?: unknown) {
    super(described.reason, { cause });
    this.described = described;
  }
}
