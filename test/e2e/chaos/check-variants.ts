import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { assignVariants } from "../../../src/broadcast/variants.ts";
import type { Aftermath } from "./aftermath.ts";
import { isBystander } from "./check-ends.ts";
import { VARIANTS } from "./variants.ts";
import { BROADCAST, type World } from "./world.ts";

const { placeOf } = assignVariants({
  seed: BROADCAST,
  list: VARIANTS.map(({ name, share }) => ({ name, share, fields: [] })),
})!;

/** Each user had no text but that of their variant, and the totals by variant are those of the records. */
export function checkVariants(world: World, aftermath: Aftermath): string[] {
  if (!world.plan.variants) return [];
  const strange = [...world.api.platform.texts].filter(([openId, texts]) =>
    [...texts].some((text) => text !== VARIANTS[placeOf(openId)]?.text),
  );
  const workers = world.ends.filter((end) => !isBystander(end));
  const printed = workers.findLast(({ document }) => document?.status === "finished")?.document;
  const shown = world.ends.find(({ args }) => args[1] === "show")?.document;
  return [
    ...(strange.length > 0
      ? [`${strange.length} users got another variant's text, such as ${strange[0]?.[0]}`]
      : []),
    ...(aftermath.result ? compare("the record", aftermath.result, world, aftermath) : []),
    ...(printed ? compare("the last document", printed, world, aftermath) : []),
    ...(shown ? compare("broadcast show", shown, world, aftermath) : []),
  ];
}

const IN_RECORDS = ["sent", "unknown", "rejected", "failed"] as const;

function compare(
  name: string,
  { variants = [], outcomes }: BroadcastResult,
  { audience }: World,
  { users }: Aftermath,
): string[] {
  const wrongs: string[] = [];
  for (const [place, variant] of VARIANTS.entries())
    for (const outcome of IN_RECORDS) {
      const found = users.filter(
        ({ openId, settled }) =>
          settled?.outcome === outcome && audience.has(openId) && placeOf(openId) === place,
      ).length;
      const said = variants[place]?.outcomes[outcome];
      if (said !== found)
        wrongs.push(`${name} says ${outcome} ${said} of variant ${variant.name}, and it is ${found}`);
    }
  for (const outcome of [...IN_RECORDS, "no_code"] as const) {
    const sum = variants.reduce((all, one) => all + one.outcomes[outcome], 0);
    if (sum !== outcomes[outcome])
      wrongs.push(`${name} says ${outcome} ${outcomes[outcome]}, and ${sum} by variant`);
  }
  return wrongs;
}
