import type { Template, TemplateCache } from "../../../broadcast/channel.ts";

/** The list as the platform returned it. */
export interface KeptList {
  /** Epoch ms. */
  atMs: number;
  templates: readonly Template[];
}

/** Kept far longer than it is fresh, for times when the platform refuses its list. */
const KEEP_MS = 7 * 24 * 3_600_000;

export async function loadKept(cache: TemplateCache, appid: string): Promise<KeptList | undefined> {
  const text = await cache.load(appid);
  return text === undefined ? undefined : readKept(text);
}

export function saveKept(cache: TemplateCache, appid: string, kept: KeptList): Promise<void> {
  return cache.save(appid, JSON.stringify(kept), KEEP_MS);
}

/** Undefined for a value written by another program or version: the platform is queried again. */
function readKept(text: string): KeptList | undefined {
  try {
    const kept: unknown = JSON.parse(text);
    return isKept(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function isKept(value: unknown): value is KeptList {
  const { atMs, templates } = (value ?? {}) as Partial<Record<keyof KeptList, unknown>>;
  return typeof atMs === "number" && Array.isArray(templates) && templates.every(isTemplate);
}

function isTemplate(value: unknown): value is Template {
  const { id, title, kind, fields } = (value ?? {}) as Partial<Record<keyof Template, unknown>>;
  const hasTexts = [id, title, kind].every((text) => typeof text === "string");
  return hasTexts && Array.isArray(fields) && fields.every((field) => typeof field?.name === "string");
}
