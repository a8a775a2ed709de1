/** Types of version.mjs. */
export function isOlder(version: string, oldest: string): boolean;
