import { expect, it } from "vitest";
import { plainEntry } from "../../helpers/redis.ts";
import { startRelay } from "../../helpers/relay.ts";
import { HOUR_MS, useWorld } from "../world.ts";
import { examine } from "./doctor.ts";

const world = useWorld({ redis: { args: ["--save", "86400 1"] } });

/** The Redis of the test as it would be had it not saved for so many hours. */
async function unsavedFor(hours: number) {
  return startRelay([world.redis.client], async (command) => {
    if (command !== "INFO") return undefined;
    const info = await world.redis.client.info();
    const aged = info.replace(
      /rdb_last_save_time:(\d+)/,
      (_, sec) => `rdb_last_save_time:${sec - hours * 3600}`,
    );
    return { reply: aged };
  });
}

const DOUBT =
  "Redis has saved nothing to disk for 5 h (no append-only file): if it crashed, ledgers could be lost";
const dryRun = ["broadcast", "tmpl", "--no-keywords", "--dry-run"];

it("a broadcast says so where Redis has saved nothing for hours: in preview, dry run and document", async () => {
  await world.redis.push("o1", plainEntry("f1", Date.now() + HOUR_MS));
  const relay = await unsavedFor(5);
  const env = { PUSH_CLI_REDIS_URL: relay.url };
  const document = await world.cli([...dryRun, "--json"], { env });
  expect(document.json<{ warnings: string[] }>().warnings).toContainEqual(expect.stringContaining(DOUBT));
  expect(document.stderr).toContain(`warning: ${DOUBT}`);
  const sent = await world.cli(["broadcast", "tmpl", "--no-keywords", "--yes"], { env });
  expect([sent.code, sent.stderr]).toEqual([0, expect.stringContaining(`warning: ${DOUBT}`)]);
  const { of } = await examine(world, ["redis"], { env });
  expect(of["redis persistence"]).toMatchObject({
    state: "warning",
    found: expect.stringContaining("snapshots only (save 86400 1), last saved 5 h ago"),
  });
  await relay.close();
});

it("and is silent where it has saved lately, or keeps an append-only file", async () => {
  await world.redis.push("o1", plainEntry("f1", Date.now() + HOUR_MS));
  expect((await world.cli([...dryRun, "--json"])).stdout).not.toContain("saved nothing");
  await world.redis.client.config("SET", "appendonly", "yes");
  const relay = await unsavedFor(5);
  const { stdout, stderr } = await world.cli([...dryRun, "--json"], {
    env: { PUSH_CLI_REDIS_URL: relay.url },
  });
  expect(`${stdout}${stderr}`).not.toContain("saved nothing");
  await relay.close();
});
