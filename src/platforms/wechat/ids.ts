/**
 * The platforms' own hosts and what ids look like there. WeChat's openIds have 28 characters, as in all of the vendor's
 * examples; QQ's are not known well enough. WeChat's template ids are 32 bytes in base64url, 43
 * characters, as in the vendor's examples (subscribe_msg_popup_event); of QQ's the vendor gives no example, so anything of a
 * plausible length passes.
 */
const PLATFORMS = [
  {
    name: "WeChat",
    host: /(^|\.)api2?\.weixin\.qq\.com\.?$/,
    id: /^[\w-]{43}$/,
    form: "43 letters, digits, _ and -",
    user: { fits: /^[\w-]{28}$/, form: "28 letters, digits, _ and -" },
  },
  {
    name: "QQ",
    host: /^api\.q\.qq\.com\.?$/,
    id: /^[\w-]{20,64}$/,
    form: "20 to 64 letters, digits, _ and -",
  },
];

/** What the openIds of a platform look like. */
export interface OpenIdShape {
  platform: string;
  form: string;
  fits(openId: string): boolean;
}

/** The shape of openIds at an API; undefined where any may be right: a sandbox, or a platform that is not known well enough. */
export function openIdShapeAt(apiBase: string): OpenIdShape | undefined {
  const { hostname } = new URL(apiBase);
  const own = PLATFORMS.find(({ host }) => host.test(hostname));
  const { fits, form } = own?.user ?? {};
  if (!own || !fits || form === undefined) return undefined;
  return { platform: own.name, form, fits: (openId) => fits.test(openId) };
}

export interface TemplateDoubt {
  /** What is odd about the id, as a sentence. */
  text: string;
  /** The API is the platform's own, where no such template can be. */
  isCertain: boolean;
}

/** What speaks against a template id; undefined when it may well be one. */
export function doubtTemplateId(apiBase: string, templateId: string): TemplateDoubt | undefined {
  const { hostname } = new URL(apiBase);
  const own = PLATFORMS.find(({ host }) => host.test(hostname));
  const { name, id, form } = own ?? PLATFORMS[0]!;
  if (id.test(templateId)) return undefined;
  return {
    text: `'${templateId}' can't be a template of ${name}, whose ids have ${form}`,
    isCertain: own !== undefined,
  };
}
