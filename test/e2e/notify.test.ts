import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { byLabel, parseExposition } from "../helpers/exposition.ts";
import { useHookServer } from "../helpers/hook-server.ts";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const hook = useHookServer();
const delivered = () => world.sandbox.stats().delivered;

it("a killed broadcast tells nobody and its metrics say running; the one that resumes it tells how it ended", async () => {
  const folder = await mkdtemp(join(tmpdir(), "push-cli-notify-"));
  const path = join(folder, "b1.prom");
  const running = () =>
    byLabel(parseExposition(readFileSync(path, "utf8")), "push_cli_broadcast_status", "status").running;
  const tell = ["--notify", `${hook.url}/hook`, "--textfile-metrics", path];
  try {
    await giveUsers(world, 300);
    const send = [
      "broadcast",
      TEMPLATE,
      "--yes",
      "--no-keywords",
      "--id",
      "b1",
      "--concurrency",
      "4",
      ...tell,
    ];
    const run = cli.start(send, { stdin: "" });
    await expect.poll(delivered).toBeGreaterThan(50);
    run.child.kill("SIGKILL");
    expect((await run.done).code).toBeNull();
    expect([hook.calls.length, running()]).toEqual([0, 1]);
    const resumed = await cli.run(["broadcast", "resume", "b1", "--yes", ...tell]);
    expect(resumed.code, resumed.stderr).toBe(0);
    const bodies = hook.calls.map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([{ broadcastId: "b1", status: "finished", outcomes: { sent: 300 } }]);
    expect(running()).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("a second Ctrl-C ends at once, and a webhook that does not answer ends with the next one", async () => {
  await giveUsers(world, 300);
  hook.answers = ["silence"];
  const send = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b2", "--concurrency", "2"];
  const run = cli.start([...send, "--notify", `${hook.url}/hook`], { stdin: "" });
  await expect.poll(delivered).toBeGreaterThan(10);
  run.child.kill("SIGINT");
  await expect.poll(() => hook.calls.length).toBe(1);
  run.child.kill("SIGINT");
  const { code, stderr } = await run.done;
  expect([code, hook.calls.length]).toEqual([130, 1]);
  expect(stderr).toMatch(/could not notify 127\.0\.0\.1:\d+: interrupted/);
  expect(JSON.parse(hook.calls[0]?.body ?? "")).toMatchObject({ status: "interrupted" });
});
