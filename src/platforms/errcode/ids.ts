import type { Channel, IdShape } from "../../broadcast/channel.ts";

/** The platform's own hosts, and the shape of its ids. */
export interface PlatformIds {
  name: string;
  host: RegExp;
  template: { fits: RegExp; form: string };
  /** Absent if the shape of openIds is not known well enough. */
  user?: { fits: RegExp; form: string };
}

/** A channel's two checks of ids, based on the platform's shapes. */
export function idsOf(platform: PlatformIds): Pick<Channel, "openIdShape" | "doubtTemplateId"> {
  const isOwn = (apiBase: string) => platform.host.test(new URL(apiBase).hostname);
  return {
    openIdShape: (apiBase): IdShape | undefined => {
      const { user, name } = platform;
      if (!user || !isOwn(apiBase)) return undefined;
      return { platform: name, form: user.form, fits: (openId) => user.fits.test(openId) };
    },
    doubtTemplateId: (apiBase, id) => {
      const { template, name } = platform;
      if (template.fits.test(id)) return undefined;
      return {
        text: `'${id}' can't be a template of ${name}, whose ids have ${template.form}`,
        isCertain: isOwn(apiBase),
      };
    },
  };
}
