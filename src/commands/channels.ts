import type { Command } from "commander";
import type { ChannelFacts } from "../broadcast/channel.ts";
import type { ExitName } from "../exit-codes.ts";
import { wrapWords } from "../output/wrap.ts";
import type { Deps, RunAction } from "./deps.ts";

const EXAMPLES = `
Examples:
  $ push-cli channels
  # Show all details of each channel
  $ push-cli channels --json

--channel, PUSH_CLI_CHANNEL or "channel" in a profile selects one.`;

export function registerChannels(channels: Command, run: RunAction): void {
  channels.addHelpText("after", EXAMPLES).action(run(listChannels));
}

const COLUMNS = [
  { title: "channel", name: "name" },
  { title: "spends", name: "permission" },
  { title: "delivers" },
  { title: "as of", name: "asOf" },
];

const SPENDS = { code: "a code", consent: "a consent", none: "nothing" };

async function listChannels(deps: Deps): Promise<ExitName> {
  const { out } = deps;
  const all = await deps.channels();
  const { channel: chosen } = await deps.settings();
  if (out.format === "json") {
    out.json({ channels: all.map((facts) => ({ ...facts, chosen: facts.name === chosen })) });
    return "done";
  }
  const rows = all.map(({ name, permission, delivers }) => [
    name,
    SPENDS[permission],
    delivers.today,
    delivers.asOf,
  ]);
  await out.table(COLUMNS, rows);
  if (out.format === "human") for (const facts of all) out.data(describe(facts, chosen, out.columns));
  return "done";
}

function describe(facts: ChannelFacts, chosen: string, columns: number): string {
  const { name, title, guarantee, delivers, needs, limits, apiBase } = facts;
  const lines = [
    `\n${name}${name === chosen ? " (selected)" : ""}: ${title}`,
    `  guarantee  ${guarantee}`,
    `  delivers   ${delivers.today}: ${delivers.note}`,
    ...needs.map((need) => `  needs      ${need}`),
    ...limits.map((limit) => `  limit      ${limit}`),
    `  API        ${apiBase}`,
  ];
  return lines.map((line) => wrapWords(line, columns, 13)).join("\n");
}
