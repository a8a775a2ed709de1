import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { noOutcomes } from "../../src/broadcast/outcome.ts";
import { broadcastMetrics } from "../../src/commands/broadcast/metrics.ts";
import { purgeMetrics } from "../../src/commands/purge-telling.ts";
import { requestOf } from "../../src/notify/notification.ts";
import { noTotals } from "../../src/pool/purge.ts";
import { parseExposition } from "../helpers/exposition.ts";
import { ROOT } from "../structure/files.ts";

const PAGE = readFileSync(path.join(ROOT, "src/help/monitoring.md"), "utf8");

it("the page's check of signatures takes a genuine notification, and neither an old nor a changed one", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "push-cli-page-"));
  try {
    const file = path.join(folder, "check.mjs");
    await writeFile(file, /```js\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? "");
    const { isGenuine } = await import(pathToFileURL(file).href);
    const nowMs = Date.UTC(2026, 10, 27);
    const notification = { event: "e", eventId: "i", document: { a: "é" }, text: "" };
    const { headers, body } = requestOf(notification, { format: "json", secret: "s3cret", nowMs });
    const check = (by: object) => {
      const all = {
        header: headers?.["x-push-cli-signature"],
        body,
        secret: "s3cret",
        nowSec: nowMs / 1000,
        ...by,
      };
      return isGenuine(all.header, all.body, all.secret, all.nowSec);
    };
    expect(check({})).toBe(true);
    expect(
      [{ body: `${body} ` }, { secret: "other" }, { nowSec: nowMs / 1000 + 301 }, { header: "" }].map(check),
    ).toEqual([false, false, false, false]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("the page names every metric, and no other", () => {
  const measured = { templateId: "t", status: "finished" as const, recipients: 1, toGo: 0, durationMs: 1 };
  const errors = [{ errcode: 1, errmsg: "", count: 1 }];
  const startedAt = "2026-11-27T10:00:00.000Z";
  const text = broadcastMetrics("b", { ...measured, outcomes: noOutcomes(), errors, startedAt }, 1);
  const purged = purgeMetrics("c", { ...noTotals(), durationMs: 1 }, { nowSec: 1, lastSuccess: 1 });
  const names = [...parseExposition(text), ...parseExposition(purged)].map(({ name }) => name);
  const shown = PAGE.match(/`push_cli_\w+`/g)?.map((name) => name.slice(1, -1));
  expect([...new Set(shown)].sort()).toEqual([...new Set(names)].sort());
});
