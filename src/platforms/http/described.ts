export interface Described {
  /** What happened, in words. */
  reason: string;
  /** What the operator can do. */
  hint?: string | undefined;
}

/** An error that already has a description: the place that threw it knew more. */
export class DescribedError extends Error {
  readonly described: Described;

  constructor(described: Described, cause?: unknown) {
    super(described.reason, { cause });
    this.described = described;
  }
}
