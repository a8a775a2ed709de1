import type { Template } from "../../broadcast/channel.ts";
import { profileNames } from "../../config/profiles.ts";
import { findConfigFiles } from "../../config/resolve.ts";
import { viewNewest } from "../broadcast/choose.ts";
import type { Deps } from "../deps.ts";
import type { Candidate, Source } from "./candidates.ts";

/** Nobody reads more of them in a shell. */
const MAX_BROADCASTS = 50;

/** Sources whose lookup may be late, or never come, because Redis has to answer; the others are files of this machine. */
export const IN_REDIS: ReadonlySet<Source> = new Set(["templates", "broadcasts", "errcodes"]);

/**
 * What only files and Redis know. `config`: the value of --config. Rejects when they can't be read. Asks the platform
 * nothing.
 */
export async function lookUp(source: Source, deps: Deps, config: string | undefined): Promise<Candidate[]> {
  switch (source) {
    case "profiles":
      return profiles(deps, config);
    case "channels":
      return (await deps.channels()).map(({ name, title }) => ({ value: name, description: title }));
    case "templates":
      return templates(deps);
    case "broadcasts":
      return broadcasts(deps);
    case "errcodes":
      return errcodes(deps);
  }
}

async function profiles({ io }: Deps, config: string | undefined): Promise<Candidate[]> {
  const { files } = await findConfigFiles({ config }, io);
  return profileNames(files).map((value) => ({ value }));
}

/** Of the list that an earlier command has left in Redis. It is one of subscribe messages: ids of others are not in it. */
async function templates(deps: Deps): Promise<Candidate[]> {
  const { appid, channel } = await deps.settings();
  const facts = (await deps.channels()).find(({ name }) => name === channel);
  if (appid === undefined || facts?.permission !== "consent") return [];
  const text = await (await deps.templateCache()).load(appid);
  const kept: { templates: Template[] } = text === undefined ? { templates: [] } : JSON.parse(text);
  return kept.templates.map(({ id, title }) => ({ value: id, description: title }));
}

async function broadcasts(deps: Deps): Promise<Candidate[]> {
  const views = await viewNewest(deps, MAX_BROADCASTS);
  return views.map(({ record: { id, message }, status }) => ({
    value: id,
    description: `${message.title ?? message.templateId}, ${status}`,
  }));
}

/** Those that the API has answered to the newest broadcasts. */
async function errcodes(deps: Deps): Promise<Candidate[]> {
  const channel = await deps.channel();
  const meanings = new Map<string, string>();
  for (const { result } of await viewNewest(deps, MAX_BROADCASTS))
    for (const { errcode, errmsg } of result.errors)
      if (errcode !== null) meanings.set(String(errcode), channel.meaningOf(errcode) ?? errmsg);
  return [...meanings].sort().map(([value, description]) => ({ value, description }));
}
