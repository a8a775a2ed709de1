/** A pool of consents: whose, and of which template. */
export interface ConsentPool {
  openId: string;
  templateId: string;
}

/**
 * What the pool is called where pools of codes are called by an openId: `<openId> <templateId>`. Neither has a space, so
 * whatever reads, slices and removes by names serves both.
 */
export function poolName({ openId, templateId }: ConsentPool): string {
  return `${openId} ${templateId}`;
}

/** The pool that such a name means; the names are ours. */
export function poolOfName(name: string): ConsentPool {
  const space = name.lastIndexOf(" ");
  return { openId: name.slice(0, space), templateId: name.slice(space + 1) };
}
