/** Identifies a pool of consents by user and template. */
export interface ConsentPool {
  openId: string;
  templateId: string;
}

/**
 * The name that identifies a pool of consents, as an openId does a pool of codes: `<openId> <templateId>`. Neither part
 * holds a space, so code that reads, slices and removes by name works for both.
 */
export function poolName({ openId, templateId }: ConsentPool): string {
  return `${openId} ${templateId}`;
}

/** The pool with this name; names are always made by `poolName`. */
export function poolOfName(name: string): ConsentPool {
  const space = name.lastIndexOf(" ");
  return { openId: name.slice(0, space), templateId: name.slice(space + 1) };
}
