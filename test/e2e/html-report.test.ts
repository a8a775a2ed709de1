import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunState } from "../../src/broadcast/record.ts";
import { parseDocument, textOf } from "../report/dom.ts";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 5 });

it("a page about a broadcast that was killed shows what its last beat knew, and that it died", async () => {
  await giveUsers(world, 2000);
  const argv = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "killed", "--rate", "200/s"];
  const running = cli.start(argv);
  const noted = async () => {
    const hash = await world.redis.client.hgetall("mina:broadcast:killed");
    const run = Object.entries(hash).find(([name]) => name.startsWith("run:"));
    return run && (JSON.parse(run[1]) as RunState);
  };
  await expect.poll(async () => (await noted())?.series?.sent.length ?? 0).toBeGreaterThan(2);
  running.child.kill("SIGKILL");
  await running.done;
  const { series, outcomes } = (await noted())!;
  expect(series!.sent.reduce((all, count) => all + count, 0)).toBe(outcomes!.sent);
  const file = join(cli.folder, "killed.html");
  const { code, stdout, stderr } = await cli.run(["broadcast", "report", "killed", "--html", "killed.html"]);
  expect([code, stdout, stderr]).toEqual([0, "", expect.stringContaining(`wrote "${file}" (`)]);
  const page = parseDocument(readFileSync(file, "utf8"));
  expect(textOf(page.querySelector("header"))).toMatch(
    /dead.*none of its processes was alive; it can be resumed/,
  );
  expect(textOf(page.querySelector("[aria-labelledby=time]"))).toContain("died: it was killed");
  expect(textOf(page.querySelector("[aria-labelledby=next]"))).toContain("push-cli broadcast resume killed");
});
